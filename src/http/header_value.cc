#include "http/header_value.h"

#include "base/strings.h"

namespace recover {
namespace {

// Reads quoted text from the sign after the opening quote; leaves `at` after the closing one.
std::string ReadQuoted(std::string_view text, size_t& at) {
  std::string value;
  while (at < text.size() && text[at] != '"') {
    if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) {
      ++at;
    }
    value += text[at++];
  }
  at += at < text.size() ? 1 : 0;
  return value;
}

}  // namespace

HeaderValue ParseHeaderValue(std::string_view text) {
  HeaderValue parsed;
  size_t at = text.find(';');
  parsed.value = Trim(text.substr(0, at));
  while (at < text.size()) {
    ++at;  // the semicolon
    const size_t stop = text.find_first_of("=;", at);
    if (stop == std::string_view::npos) {
      break;
    }
    std::string name = AsciiLower(Trim(text.substr(at, stop - at)));
    at = stop;
    if (text[stop] == ';') {
      continue;
    }
    at = text.find_first_not_of(" \t", stop + 1);
    std::string value;
    if (at != std::string_view::npos && text[at] == '"') {
      value = ReadQuoted(text, ++at);
      at = text.find(';', at);
    } else if (at != std::string_view::npos) {
      const size_t end = text.find(';', at);
      value = Trim(text.substr(at, end - at));
      at = end;
    }
    parsed.parameters.emplace(std::move(name), std::move(value));
    if (at == std::string_view::npos) {
      break;
    }
  }
  return parsed;
}

}  // namespace recover

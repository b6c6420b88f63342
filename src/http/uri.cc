#include "http/uri.h"

namespace recover {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> DecodePercent(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+' && plus_is_blank) {
      decoded += ' ';
    } else if (text[at] != '%') {
      decoded += text[at];
    } else {
      const int high = at + 2 < text.size() ? HexDigit(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? HexDigit(text[at + 2]) : -1;
      if (high < 0 || low < 0) {
        return std::nullopt;
      }
      decoded += static_cast<char>(high * 16 + low);
      at += 2;
    }
  }
  return decoded;
}

std::optional<UriFields> ParseUriFields(std::string_view text, size_t max_fields) {
  UriFields fields;
  size_t count = 0;
  while (!text.empty()) {
    const size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (pair.empty()) {
      continue;
    }
    const size_t equals = pair.find('=');
    auto name = DecodePercent(pair.substr(0, equals), true);
    auto value = DecodePercent(
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!name || !value || ++count > max_fields) {
      return std::nullopt;
    }
    fields.emplace(*std::move(name), *std::move(value));
  }
  return fields;
}

std::optional<RequestTarget> ParseRequestTarget(std::string_view target) {
  for (const char c : target) {
    if (c <= ' ' || c > '~') {  // signed or not: bytes above ASCII are outside
      return std::nullopt;
    }
  }
  if (target == "*") {
    return RequestTarget{"*", {}};
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.starts_with(scheme)) {
      const size_t slash = target.find('/', scheme.size());
      target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
      break;
    }
  }
  if (!target.starts_with('/')) {
    return std::nullopt;
  }
  target = target.substr(0, target.find('#'));
  const size_t mark = target.find('?');
  auto query =
      ParseUriFields(mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1));
  if (!query) {
    return std::nullopt;
  }
  return RequestTarget{std::string(target.substr(0, mark)), *std::move(query)};
}

}  // namespace recover

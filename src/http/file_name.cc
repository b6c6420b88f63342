#include "http/file_name.h"

#include <cstdint>

#include "base/json.h"

namespace recover {
namespace {

constexpr size_t kMostBytes = 255;

// Through the JSON writer and back: its replacement of what is no UTF-8 is the one we want.
std::string ToUtf8(std::string_view bytes) {
  const auto text = ParseJson(DumpJson(Json(std::string(bytes))), "file name");
  return text ? text->get<std::string>() : std::string();
}

// RFC 8187's attr-char.
bool IsAttrChar(unsigned char c) {
  constexpr std::string_view kMarks = "!#$&+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

std::string CleanFileName(std::string_view name) {
  if (const size_t slash = name.find_last_of("/\\"); slash != std::string_view::npos) {
    name.remove_prefix(slash + 1);
  }
  std::string clean;
  for (const char c : ToUtf8(name.substr(0, 4 * kMostBytes))) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      clean += c;
    }
  }
  if (clean.size() > kMostBytes) {
    size_t end = kMostBytes;
    while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0) == 0x80) {
      --end;  // not in the middle of a code point
    }
    clean.resize(end);
  }
  return clean;
}

std::string ContentDisposition(std::string_view name) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const std::string clean = CleanFileName(name);
  std::string plain;
  std::string exact;
  for (const char c : clean) {
    const auto byte = static_cast<unsigned char>(c);
    plain += byte < 0x80 && c != '"' && c != '\\' && c != '%' ? c : '_';
    if (IsAttrChar(byte)) {
      exact += c;
    } else {
      exact += '%';
      exact += kHex[byte >> 4];
      exact += kHex[byte & 15];
    }
  }
  if (plain.empty()) {
    return "attachment";
  }
  std::string value = "attachment; filename=\"" + plain + "\"";
  if (plain != clean) {
    value += "; filename*=UTF-8''" + exact;
  }
  return value;
}

}  // namespace recover

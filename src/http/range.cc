#include "http/range.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/strings.h"

namespace recover {
namespace {

// Digits alone; too many of them are a very large number.
std::optional<int64_t> ReadDigits(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? number : std::numeric_limits<int64_t>::max();
}

}  // namespace

ByteRange ParseRange(std::string_view header, int64_t size) {
  const ByteRange whole{ByteRange::Kind::kWhole, 0, size};
  const size_t equals = header.find('=');
  if (equals == std::string_view::npos || AsciiLower(Trim(header.substr(0, equals))) != "bytes") {
    return whole;
  }
  const std::string_view spec = Trim(header.substr(equals + 1));
  const size_t dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) {
    return whole;
  }
  const std::string_view first_text = Trim(spec.substr(0, dash));
  const std::string_view last_text = Trim(spec.substr(dash + 1));
  const auto first = ReadDigits(first_text);
  const auto last = ReadDigits(last_text);
  if (first_text.empty()) {
    if (!last) {
      return whole;
    }
    const int64_t length = std::min(*last, size);
    if (length == 0) {
      return {ByteRange::Kind::kUnsatisfiable, 0, 0};
    }
    return {ByteRange::Kind::kPart, size - length, length};
  }
  if (!first || (!last && !last_text.empty()) || (last && *last < *first)) {
    return whole;
  }
  if (*first >= size) {
    return {ByteRange::Kind::kUnsatisfiable, 0, 0};
  }
  const int64_t end = last ? std::min(*last, size - 1) : size - 1;
  return {ByteRange::Kind::kPart, *first, end - *first + 1};
}

}  // namespace recover

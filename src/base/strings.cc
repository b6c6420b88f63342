#include "base/strings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace recover {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string Fixed(double number, int decimals) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", decimals, number);
  return text;
}

}  // namespace

std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return lower;
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) {
    return text.substr(0, 0);
  }
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string Join(std::span<const std::string> parts, std::string_view separator) {
  std::string joined;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) {
      joined += separator;
    }
    joined += parts[i];
  }
  return joined;
}

std::string HumanBytes(int64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {" KiB", " MiB", " GiB", " TiB", " PiB"};
  const double magnitude = std::abs(static_cast<double>(bytes));
  if (magnitude < 1024) {
    return std::to_string(bytes) + " B";
  }
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  // 1023.95 would read "1024": it is one of the next unit already.
  while (std::abs(value) >= 1023.5 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return Fixed(value, std::abs(value) < 99.95 ? 1 : 0) + kUnits[unit];
}

std::string HumanDuration(std::chrono::duration<double> duration) {
  const double seconds = std::max(duration.count(), 0.0);
  if (seconds < 9.95) {
    return Fixed(seconds, 1) + " s";
  }
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 60) {
    return std::to_string(whole) + " s";
  }
  char text[64];
  if (whole < 3600) {
    std::snprintf(text, sizeof(text), "%d min %02d s", static_cast<int>(whole / 60),
                  static_cast<int>(whole % 60));
  } else {
    std::snprintf(text, sizeof(text), "%lld h %02d min", static_cast<long long>(whole / 3600),
                  static_cast<int>(whole % 3600 / 60));
  }
  return text;
}

}  // namespace recover

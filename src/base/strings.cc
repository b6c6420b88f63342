#include "base/strings.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace recover {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

template <typename T>
Result<T> ParseWhole(std::string_view text, std::string_view what) {
  T number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::result_out_of_range) {
    return Status(StatusCode::kInvalidArgument, "\"" + std::string(text) + "\" is out of range");
  }
  if (error != std::errc() || stop != end) {
    return Status(StatusCode::kInvalidArgument,
                  "\"" + std::string(text) + "\" is not " + std::string(what));
  }
  return number;
}

// Bytes per unit, or 0 for an unknown unit.
double UnitBytes(std::string_view unit) {
  const std::string name = AsciiLower(unit);
  if (name.empty() || name == "b") {
    return 1;
  }
  constexpr std::string_view kLetters = "kmgt";
  const size_t power = kLetters.find(name[0]);
  if (power == std::string_view::npos) {
    return 0;
  }
  const std::string_view rest = std::string_view(name).substr(1);
  if (rest.empty() || rest == "ib") {
    return std::pow(1024.0, static_cast<double>(power + 1));
  }
  return rest == "b" ? std::pow(1000.0, static_cast<double>(power + 1)) : 0;
}

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

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
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

Result<int64_t> ParseInt64(std::string_view text) {
  return ParseWhole<int64_t>(text, "a whole number");
}

Result<double> ParseDouble(std::string_view text) {
  RECOVER_ASSIGN_OR_RETURN(const double number, ParseWhole<double>(text, "a number"));
  if (!std::isfinite(number)) {
    return Status(StatusCode::kInvalidArgument, "\"" + std::string(text) + "\" is not finite");
  }
  return number;
}

Result<int64_t> ParseByteSize(std::string_view text) {
  const Status wrong(
      StatusCode::kInvalidArgument,
      "\"" + std::string(text) + "\" is not a size in bytes; write for example 512M, 1.5G or 4096");
  const std::string_view trimmed = Trim(text);
  const size_t digits = trimmed.find_first_not_of("0123456789.");
  const Result<double> number = ParseDouble(trimmed.substr(0, digits));
  const std::string_view unit =
      digits == std::string_view::npos ? std::string_view() : Trim(trimmed.substr(digits));
  const double bytes = number ? *number * UnitBytes(unit) : -1;
  // 2^63 is exact in double; the largest double below it converts safely.
  if (!number || UnitBytes(unit) == 0 || !(bytes >= 0) || bytes >= 9223372036854775808.0) {
    return wrong;
  }
  return static_cast<int64_t>(bytes);
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

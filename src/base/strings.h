// Small text work: letter case, blanks, and numbers as people read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace recover {

/// ASCII letters in lower case, other bytes as they are (no locale).
std::string AsciiLower(std::string_view text);

/// `text` without blanks (space, tab, CR, LF) at both ends; a part of the same memory.
std::string_view Trim(std::string_view text);

/// "a, b, c".
std::string Join(std::span<const std::string> parts, std::string_view separator);

/// "0 B", "1023 B", "1.5 KiB", "2.0 GiB". Three figures are kept: "12.3 MiB", "123 MiB".
std::string HumanBytes(int64_t bytes);

/// "0.4 s", "12 s", "3 min 20 s", "2 h 05 min". Negative durations read "0.0 s".
std::string HumanDuration(std::chrono::duration<double> duration);

}  // namespace recover

// Small text work: numbers people read and numbers people write.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace recover {

/// ASCII letters in lower case, other bytes as they are (no locale).
std::string AsciiLower(std::string_view text);

/// `text` without blanks (space, tab, CR, LF) at both ends; a part of the same memory.
std::string_view Trim(std::string_view text);

/// The parts between separators, empty ones too: "a,,b" -> a, "", b; "" -> "".
std::vector<std::string> Split(std::string_view text, char separator);

/// "a, b, c".
std::string Join(std::span<const std::string> parts, std::string_view separator);

/// Whole text as a number; blanks, a leading '+' and trailing text are errors.
/// Errors: kInvalidArgument quoting the text. ParseDouble takes finite values only.
Result<int64_t> ParseInt64(std::string_view text);
Result<double> ParseDouble(std::string_view text);

/// "4096", "512M", "1.5 GiB", "2GB": bytes. K, M, G, T and KiB ... are powers of
/// 1024, KB, MB, GB, TB powers of 1000; letter case does not matter.
/// Errors: kInvalidArgument for other text, negative or too large numbers.
Result<int64_t> ParseByteSize(std::string_view text);

/// "0 B", "1023 B", "1.5 KiB", "2.0 GiB". Three figures are kept: "12.3 MiB", "123 MiB".
std::string HumanBytes(int64_t bytes);

/// "0.4 s", "12 s", "3 min 20 s", "2 h 05 min". Negative durations read "0.0 s".
std::string HumanDuration(std::chrono::duration<double> duration);

}  // namespace recover

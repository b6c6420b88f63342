// Arithmetic on sizes that come from files: overflow is an answer, not a surprise.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

namespace recover {

/// a + b, or nothing when it does not fit 64 bits.
constexpr std::optional<int64_t> CheckedAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) {
    return std::nullopt;
  }
  return sum;
}

/// a * b, or nothing when it does not fit 64 bits.
constexpr std::optional<int64_t> CheckedMul(int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    return std::nullopt;
  }
  return product;
}

/// The product of three or more factors, or nothing as soon as one step overflows
/// (also when a later factor is 0: sizes of files are asked about, not algebra).
template <std::same_as<int64_t>... Rest>
constexpr std::optional<int64_t> CheckedMul(int64_t a, int64_t b, int64_t c, Rest... rest) {
  const std::optional<int64_t> product = CheckedMul(a, b);
  return product ? CheckedMul(*product, c, rest...) : std::nullopt;
}

}  // namespace recover

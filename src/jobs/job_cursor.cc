#include "jobs/job_cursor.h"

#include <charconv>

#include "base/hmac.h"

namespace recover {
namespace {

constexpr size_t kHalf = 16;  ///< Hex digits of 64 bits.

// The seal is a keyed hash of what is said, and the number is hidden by a keyed hash of the seal:
// deterministic authenticated encryption after Rogaway and Shrimpton ("SIV", Eurocrypt 2006) with
// HMAC-SHA-256 as both functions, cut to 64 bits.
std::string Seal(std::string_view secret, int64_t key_id, int64_t sequence) {
  return HmacSha256Hex(secret,
                       "cursor-seal " + std::to_string(key_id) + " " + std::to_string(sequence))
      .substr(0, kHalf);
}

uint64_t ParseHex(std::string_view digits) {
  uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

uint64_t Mask(std::string_view secret, std::string_view seal) {
  return ParseHex(HmacSha256Hex(secret, "cursor-mask " + std::string(seal)).substr(0, kHalf));
}

std::string Hex(uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(kHalf, '0');
  for (size_t i = kHalf; i-- > 0; value >>= 4) {
    text[i] = kDigits[value & 15];
  }
  return text;
}

}  // namespace

std::string EncodeCursor(std::string_view secret, int64_t key_id, int64_t sequence) {
  const std::string seal = Seal(secret, key_id, sequence);
  return seal + Hex(static_cast<uint64_t>(sequence) ^ Mask(secret, seal));
}

Result<int64_t> DecodeCursor(std::string_view secret, int64_t key_id, std::string_view cursor) {
  if (cursor.size() == 2 * kHalf) {
    const std::string_view seal = cursor.substr(0, kHalf);
    const auto sequence = static_cast<int64_t>(ParseHex(cursor.substr(kHalf)) ^ Mask(secret, seal));
    if (ConstantTimeEqual(EncodeCursor(secret, key_id, sequence), cursor)) {
      return sequence;
    }
  }
  return Status(StatusCode::kInvalidArgument, "cursor must be a next_cursor of an earlier answer.");
}

}  // namespace recover

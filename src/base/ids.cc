#include "base/ids.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/check.h"

namespace recover {
namespace {

template <size_t kBytes>
std::array<unsigned char, kBytes> RandomBytes() {
  RECOVER_CHECK(sodium_init() >= 0);
  std::array<unsigned char, kBytes> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool IsHyphenPlace(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::string NewUuid() {
  auto bytes = RandomBytes<16>();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);  // version 4
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);  // variant of the RFC
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (const unsigned char byte : bytes) {
    if (IsHyphenPlace(text.size())) text += '-';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0x0F];
  }
  return text;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsHyphenPlace(i) ? text[i] != '-' : !IsHexDigit(text[i])) return false;
  }
  return true;
}

std::string NewUlid(std::chrono::system_clock::time_point now) {
  constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  auto milliseconds = static_cast<uint64_t>(std::max<int64_t>(since.count(), 0));
  std::string text(26, '0');
  for (size_t i = 10; i-- > 0; milliseconds >>= 5) {
    text[i] = kCrockford[milliseconds & 31];
  }
  // 80 bits = 16 digits; a byte gives one digit, its upper three bits unused.
  const auto random = RandomBytes<16>();
  for (size_t i = 0; i < random.size(); ++i) {
    text[10 + i] = kCrockford[random[i] & 31];
  }
  return text;
}

std::string NewSecret() {
  const auto bytes = RandomBytes<32>();
  std::array<char, sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_URLSAFE_NO_PADDING)> text;
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return text.data();
}

}  // namespace recover

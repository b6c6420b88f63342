// HMAC-SHA-256 (RFC 2104, FIPS 180-4): signatures of URLs and webhooks.
#pragma once

#include <string>
#include <string_view>

namespace recover {

/// 64 lower-case hex digits. Any length of key. Thread-safe.
std::string HmacSha256Hex(std::string_view key, std::string_view message);

/// Compares in a time that depends on the lengths alone. Thread-safe.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

}  // namespace recover

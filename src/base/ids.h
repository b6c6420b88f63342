// Names that nobody can guess and nobody else has: UUIDs, ULIDs, secret tokens.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace recover {

/// A random UUID (RFC 9562, version 4) in lower case. 122 random bits. Thread-safe.
std::string NewUuid();

/// True for 8-4-4-4-12 hex digits of either case, any version.
bool IsUuid(std::string_view text);

/// A ULID (github.com/ulid/spec): 26 characters of Crockford's base 32; 48 bits of
/// milliseconds since 1970, then 80 random bits. Thread-safe.
std::string NewUlid(std::chrono::system_clock::time_point now);

/// 256 random bits as 43 characters of base 64 without padding, safe in URLs and
/// headers. Thread-safe.
std::string NewSecret();

}  // namespace recover

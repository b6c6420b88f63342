// Where a page of a list ends, as a text that tells its reader nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace recover {

/// 32 hex digits for "before this sequence". They are sealed for the key: how many jobs the server
/// has had cannot be read from them, and no other text or key makes them valid.
std::string EncodeCursor(std::string_view secret, int64_t key_id, int64_t sequence);

/// Errors: kInvalidArgument for anything that EncodeCursor did not return for this key.
Result<int64_t> DecodeCursor(std::string_view secret, int64_t key_id, std::string_view cursor);

}  // namespace recover

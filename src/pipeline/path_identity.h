// One spelling for each file.
#pragma once

#include <filesystem>

namespace recover {

/// Absolute, without ".", "..", symbolic links and a trailing slash, as far as the
/// path exists: two spellings of one place compare equal. Paths that the system
/// refuses to look at come back absolute. Thread-safe.
std::filesystem::path PathIdentity(const std::filesystem::path& path);

}  // namespace recover

// SHA-256 (FIPS 180-4) of bytes and of files, for models and downloads.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace recover {

/// 64 lower-case hex digits. Thread-safe.
std::string Sha256Hex(std::string_view bytes);

/// The same of a file's content, read in pieces: memory does not grow with the file.
/// Errors: those of opening and reading. Thread-safe. About 0.5 s per GB and more.
Result<std::string> Sha256HexOfFile(const std::filesystem::path& path);

}  // namespace recover

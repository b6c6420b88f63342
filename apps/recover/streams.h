// Standard input and output as files.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/unique_fd.h"

namespace recover::cli {

/// Makes a nameless file in `folder` (empty = TMPDIR, else /var/tmp), gone when closed.
/// Errors: those of creating a file.
Result<UniqueFd> MakeScratchFile(const std::filesystem::path& folder);

/// The path that leads to an open file of this process.
std::filesystem::path PathOf(const UniqueFd& file);

/// Copies standard input into a nameless file. Errors: kInvalidArgument on a terminal,
/// kOutOfSpace, kIoError.
Result<UniqueFd> SaveStdin(const std::filesystem::path& folder);

/// Copies a file to standard output. Errors: kIoError when the reader went away.
Status CopyToStdout(const UniqueFd& file);

}  // namespace recover::cli

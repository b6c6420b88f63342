// The folder in which a server keeps its jobs, keys and pictures.
#pragma once

#include <filesystem>

#include "base/option_table.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace recover::cli {

/// --data, else recover/server in XDG_DATA_HOME or ~/.local/share; absolute.
/// Errors: kInvalidArgument when none of these is set.
Result<std::filesystem::path> DataFolderOf(const OptionValues& options);

/// Makes the folder and those above it where they are missing, readable for this user
/// alone. Errors: kPermissionDenied, kInvalidArgument (a file stands there) and other ones of
/// the disk, each naming the folder.
Status MakeDataFolder(const std::filesystem::path& folder);

/// Takes the folder for one server; given back when the result is dropped or the process
/// ends in whatever way. Errors: kConflict naming the folder when another one has it.
Result<UniqueFd> LockDataFolder(const std::filesystem::path& folder);

}  // namespace recover::cli

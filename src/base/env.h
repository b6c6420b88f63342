// Env: the disk as a seam. Production code asks Env::Real(); tests put a
// FailingEnv (base/failing_env.h) in its place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace recover {

/// The file operations whose failures we promise to survive. Messages name the
/// path and the system's reason; codes come from StatusFromErrno. Thread-safe.
class Env {
 public:
  virtual ~Env() = default;

  /// The machine's disk. Lives as long as the program.
  static Env& Real();

  /// The whole content. Errors: kTooLarge when it has more than `max_bytes`,
  /// kInvalidArgument for a folder, and those of opening and reading.
  virtual Result<std::string> ReadFile(const std::filesystem::path& path, int64_t max_bytes) = 0;

  /// Makes a new, empty file and opens it for reading and writing, with a lock
  /// (flock) that lasts until the descriptor is closed. Errors: kAlreadyExists.
  virtual Result<UniqueFd> CreateLocked(const std::filesystem::path& path) = 0;

  /// Appends all of `bytes` at the descriptor's position. `path` is for the message.
  virtual Status Write(const UniqueFd& fd, std::string_view bytes,
                       const std::filesystem::path& path) = 0;

  /// Waits until what was written to the file is on the disk.
  virtual Status Sync(const UniqueFd& fd, const std::filesystem::path& path) = 0;

  /// The same for the entries of a folder, after a rename in it. Folders of file
  /// systems that cannot do this count as done.
  virtual Status SyncFolder(const std::filesystem::path& folder) = 0;

  /// Puts `from` in the place of `to` in one step, on one file system. With
  /// `replace` false an existing `to` stays and the answer is kAlreadyExists.
  virtual Status Rename(const std::filesystem::path& from, const std::filesystem::path& to,
                        bool replace) = 0;

  /// Removes a file; one that is not there is fine.
  virtual Status Remove(const std::filesystem::path& path) = 0;

  /// Bytes that this user may still write to the disk that holds `folder`.
  virtual Result<int64_t> FreeBytes(const std::filesystem::path& folder) = 0;

  /// The paths of a folder's entries, in no order, without "." and "..".
  virtual Result<std::vector<std::filesystem::path>> ListFolder(
      const std::filesystem::path& folder) = 0;

  /// True when a live process (this one too) holds the lock of CreateLocked on
  /// `path`, or when that cannot be told.
  virtual bool IsLocked(const std::filesystem::path& path) = 0;
};

}  // namespace recover

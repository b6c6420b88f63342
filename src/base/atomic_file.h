// AtomicFile: an output that appears whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/env.h"

namespace recover {

/// What to do when the target exists by the time the file is finished.
enum class OnExisting { kReplace, kKeep };

/// A temporary file in the target's folder that takes the target's place in one
/// step. Dropped without Commit() it leaves nothing behind; when the process is
/// killed, the temporary stays and the next SweepTemporaries() removes it.
///
/// Write through Write(), or let a library write to temporary_path() by name: it
/// must keep the file (truncating it is fine, replacing it is not: the lock that
/// tells the living from the dead is held on it). Moves. Not thread-safe.
class AtomicFile {
 public:
  /// Starts an output for `target`; a symbolic link is followed, so that the file
  /// behind it is replaced. `env` must outlive the file.
  /// Errors: kNotFound when the folder is missing, kInvalidArgument when `target`
  /// is a folder or a device, and those of creating a file.
  static Result<AtomicFile> Create(Env& env, const std::filesystem::path& target);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();

  /// Where the content is until Commit(); absolute.
  const std::filesystem::path& temporary_path() const { return temporary_; }
  const std::filesystem::path& target() const { return target_; }

  /// Appends. Errors: kOutOfSpace, kIoError ...; the file can then only be dropped.
  Status Write(std::string_view bytes);

  /// Brings the content to the disk, then to its name. After success or failure
  /// the temporary is gone. Errors: kAlreadyExists under kKeep when something
  /// stands at the target (it stays as it was), and those of syncing and renaming.
  /// When only the last step fails, bringing the folder's entry to the disk, the
  /// target is whole and in place and the answer is OK: a crash of the machine
  /// may then bring the old file back, never half a file.
  Status Commit(OnExisting on_existing);

 private:
  AtomicFile(Env& env, UniqueFd fd, std::filesystem::path temporary, std::filesystem::path target);
  /// Removes the temporary and closes it. Safe to call twice.
  void Discard();

  Env* env_;
  UniqueFd fd_;  ///< Holds the lock. Not valid = nothing left to discard.
  std::filesystem::path temporary_;
  std::filesystem::path target_;
};

/// Removes temporaries in `folder` whose process is dead; those of the living
/// stay. Errors (a folder that cannot be listed, a file that cannot be removed)
/// are left: sweeping is a courtesy. Returns how many were removed. Thread-safe.
int SweepTemporaries(Env& env, const std::filesystem::path& folder);

/// True for the names that AtomicFile gives its temporaries, so that batch runs
/// pass over them: ".recover-*.tmp".
bool IsTemporaryName(const std::filesystem::path& path);

}  // namespace recover

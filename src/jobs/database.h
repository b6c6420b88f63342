// The SQLite store: one file, write-ahead log, versioned schema.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/result.h"

namespace soci {
class session;
}

namespace recover {

/// One writer at a time in this process, several readers beside it; other processes may
/// use the same file. Thread-safe.
class Database {
 public:
  /// Opens or makes the file and brings its schema to this program's version.
  /// Errors: kCorruptInput (no store of ours, or of a newer program), those of the disk.
  static Result<std::shared_ptr<Database>> Open(const std::filesystem::path& file,
                                                const Clock& clock = Clock::Real());
  virtual ~Database() = default;

  /// Runs `work` between BEGIN IMMEDIATE and COMMIT; an error or a throw rolls back. Waits up
  /// to 10 s for another writer, then kUnavailable. kOutOfSpace when the disk is full.
  /// `work` may run SOCI calls without catching what they throw; it must not call Write. It may
  /// run on another thread while this one waits: writes that come together are committed
  /// together, each as if it were alone.
  virtual Status Write(const std::function<Status(soci::session&)>& work) = 0;

  /// Runs `work` on a snapshot that does not change under it; never waits for writers.
  virtual Status Read(const std::function<Status(soci::session&)>& work) const = 0;

  /// A number that is another one after each commit, by whatever process: what was read
  /// since it was this is still true. Costs a few microseconds.
  virtual Result<int64_t> Version() const = 0;

  virtual const Clock& clock() const = 0;
};

}  // namespace recover

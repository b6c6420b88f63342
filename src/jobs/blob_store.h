// Inputs and outputs as files named by id. Nothing of a client's file name reaches the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/atomic_file.h"
#include "base/env.h"
#include "base/result.h"

namespace recover {

/// A blob being written: under a temporary name until Commit(). Dropped without it, it
/// leaves nothing. Moves. Not thread-safe.
class BlobWriter {
 public:
  /// UUID that the blob will have.
  const std::string& id() const { return id_; }
  int64_t bytes() const { return bytes_; }
  /// Where the content is now: for reading a header, or for a writer by name.
  const std::filesystem::path& temporary_path() const { return file_.temporary_path(); }

  /// Appends. Errors: kOutOfSpace, kIoError.
  Status Write(std::string_view bytes);

  /// To the disk, then to its name.
  Status Commit();

 private:
  friend class BlobStore;
  BlobWriter(AtomicFile file, std::string id) : file_(std::move(file)), id_(std::move(id)) {}
  AtomicFile file_;
  std::string id_;
  int64_t bytes_ = 0;
};

/// ROOT/ab/ab...: the blob's UUID, under its first two digits. Thread-safe.
class BlobStore {
 public:
  /// Makes the folder where missing, removes temporaries of dead processes.
  static Result<std::unique_ptr<BlobStore>> Open(Env& env, const std::filesystem::path& root);

  Result<BlobWriter> Begin();
  /// id must be a UUID (a caller's mistake otherwise).
  std::filesystem::path PathOf(std::string_view id) const;
  Status Remove(std::string_view id);
  /// Ids of all blobs, for sweeping out those that no row names.
  Result<std::vector<std::string>> List() const;
  Result<int64_t> FreeBytes() const;
  const std::filesystem::path& root() const { return root_; }

 private:
  BlobStore(Env& env, std::filesystem::path root) : env_(env), root_(std::move(root)) {}
  Result<std::vector<std::filesystem::path>> Shelves() const;

  Env& env_;
  std::filesystem::path root_;
};

}  // namespace recover

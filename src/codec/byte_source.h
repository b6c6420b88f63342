// Bytes that can be read at any place: an opened file or a block of memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace recover {

/// Read-only bytes with a fixed size. Thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual int64_t size() const = 0;

  /// Reads up to `count` bytes from `offset` into `buffer`; returns how many there
  /// were (fewer only at the end). Errors: kIoError from the system.
  virtual Result<size_t> ReadAt(int64_t offset, void* buffer, size_t count) const = 0;

  /// Up to `count` bytes from `offset` on; fewer (or none) at the end or on an error.
  std::string ReadUpTo(int64_t offset, size_t count) const;

  /// Exactly `count` bytes; empty when they are not all there. For headers and metadata.
  std::string ReadExactly(int64_t offset, size_t count) const;
};

/// A view of `bytes`, which must outlive it.
class MemoryView : public ByteSource {
 public:
  explicit MemoryView(std::string_view bytes) : bytes_(bytes) {}
  int64_t size() const override { return static_cast<int64_t>(bytes_.size()); }
  Result<size_t> ReadAt(int64_t offset, void* buffer, size_t count) const override;

 private:
  std::string_view bytes_;
};

/// Where a picture comes from. A cheap value: copies share the bytes in memory
/// (read-only, until the last copy goes).
class Input {
 public:
  static Input FromFile(std::filesystem::path path);
  /// A file that sentences call by another name than its path.
  static Input FromFile(std::filesystem::path path, std::string name);
  static Input FromMemory(std::string bytes, std::string name);

  /// The path, or the name given with the bytes: for sentences.
  const std::string& name() const { return name_; }
  bool is_file() const { return bytes_ == nullptr; }
  const std::filesystem::path& path() const { return path_; }
  /// Null for a file.
  const std::shared_ptr<const std::string>& bytes() const { return bytes_; }

  /// Opens it. Errors, each one sentence with the name: kNotFound, kPermissionDenied,
  /// kInvalidArgument (a folder or a device), kCorruptInput (empty), kIoError.
  Result<std::shared_ptr<const ByteSource>> Open() const;

 private:
  std::string name_;
  std::filesystem::path path_;
  std::shared_ptr<const std::string>
      bytes_;  // shared by copies of this Input and by what they opened
};

}  // namespace recover

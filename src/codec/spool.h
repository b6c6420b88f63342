// Bytes too many to keep: in memory up to a budget, beyond it in a nameless file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "base/result.h"

namespace recover {

/// Random-access scratch space that leaves nothing behind. Moves. Not thread-safe.
class Spool {
 public:
  /// `bytes` of space: in memory if at most `budget_bytes`, else in an unlinked file in
  /// `dir` (empty: the system's folder for temporary files), reserved at once.
  /// Errors: kOutOfSpace, kPermissionDenied, kNotFound, kIoError.
  static Result<Spool> Create(int64_t bytes, int64_t budget_bytes,
                              const std::filesystem::path& dir);

  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&& other) noexcept;
  ~Spool();

  bool in_memory() const { return descriptor_ < 0; }
  Status Write(int64_t offset, const void* data, int64_t count);
  Status Read(int64_t offset, void* data, int64_t count) const;

  /// All of it, to read; valid until the spool is moved or gone. Errors: kIoError.
  Result<std::span<const std::byte>> Map();

 private:
  Spool() = default;

  std::vector<char> memory_;
  int descriptor_ = -1;
  int64_t size_ = 0;
  void* mapped_ = nullptr;
};

}  // namespace recover

// The file an encoder writes: buffered, and with the system's own word on what went wrong.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace recover {

/// Not thread-safe. After a failed operation all others fail alike.
class FileWriter {
 public:
  /// Opens `path` empty, for reading and writing; an existing file keeps its inode.
  static Result<FileWriter> Create(const std::filesystem::path& path);

  /// At the end of what Write has written so far.
  bool Write(const void* data, size_t count);
  bool Write(std::string_view bytes) { return Write(bytes.data(), bytes.size()); }
  int64_t bytes_written() const { return written_; }

  /// Puts the buffer into the file. Call before using descriptor(), and last.
  bool Flush();

  bool WriteAt(int64_t offset, const void* data, size_t count);

  int descriptor() const { return fd_.get(); }
  /// Notes errno as the reason of a failure met elsewhere.
  void NoteErrno(int error_number);

  /// OK, or why writing failed: kOutOfSpace, kIoError ... with the path.
  Status status() const;

 private:
  FileWriter(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  UniqueFd fd_;
  std::string name_;
  std::string buffer_;
  int64_t written_ = 0;
  int error_number_ = 0;
};

}  // namespace recover

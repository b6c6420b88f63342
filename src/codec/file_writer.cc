#include "codec/file_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace recover {
namespace {
constexpr size_t kBufferBytes = 256 * 1024;
}

Result<FileWriter> FileWriter::Create(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    return StatusFromErrno(errno, "writing " + path.string());
  }
  return FileWriter(UniqueFd(descriptor), path.string());
}

bool FileWriter::Write(const void* data, size_t count) {
  if (error_number_ != 0) {
    return false;
  }
  if (buffer_.size() + count > kBufferBytes && !Flush()) {
    return false;
  }
  if (count >= kBufferBytes) {
    if (!WriteAt(written_, data, count)) {
      return false;
    }
  } else {
    buffer_.append(static_cast<const char*>(data), count);
  }
  written_ += static_cast<int64_t>(count);
  return true;
}

bool FileWriter::Flush() {
  const std::string bytes = std::exchange(buffer_, {});
  return WriteAt(written_ - static_cast<int64_t>(bytes.size()), bytes.data(), bytes.size());
}

bool FileWriter::WriteAt(int64_t offset, const void* data, size_t count) {
  for (size_t done = 0; done < count && error_number_ == 0;) {
    const ssize_t wrote = pwrite(fd_.get(), static_cast<const char*>(data) + done, count - done,
                                 static_cast<off_t>(offset + static_cast<int64_t>(done)));
    if (wrote < 0 && errno != EINTR) {
      NoteErrno(errno);
    } else if (wrote > 0) {
      done += static_cast<size_t>(wrote);
    }
  }
  return error_number_ == 0;
}

void FileWriter::NoteErrno(int error_number) {
  error_number_ = error_number_ == 0 ? error_number : error_number_;
}

Status FileWriter::status() const {
  return error_number_ == 0 ? Status::Ok() : StatusFromErrno(error_number_, "writing " + name_);
}

}  // namespace recover

#include "codec/byte_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/stat.h>

namespace recover {
namespace {

class FileBytes : public ByteSource {
 public:
  FileBytes(int descriptor, int64_t size) : descriptor_(descriptor), size_(size) {}
  ~FileBytes() override { close(descriptor_); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  int64_t size() const override { return size_; }

  Result<size_t> ReadAt(int64_t offset, void* buffer, size_t count) const override {
    size_t done = 0;
    while (done < count) {
      const ssize_t got = pread(descriptor_, static_cast<char*>(buffer) + done, count - done,
                                static_cast<off_t>(offset + static_cast<int64_t>(done)));
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got < 0) {
        return StatusFromErrno(errno, "reading the picture");
      }
      if (got == 0) {
        break;
      }
      done += static_cast<size_t>(got);
    }
    return done;
  }

 private:
  int descriptor_;
  int64_t size_;
};

class SharedBytes : public MemoryView {
 public:
  explicit SharedBytes(std::shared_ptr<const std::string> bytes)
      : MemoryView(*bytes), bytes_(std::move(bytes)) {}

 private:
  std::shared_ptr<const std::string> bytes_;  // with the Input it came from
};

}  // namespace

std::string ByteSource::ReadUpTo(int64_t offset, size_t count) const {
  if (offset < 0 || offset >= size()) {
    return {};
  }
  std::string bytes(std::min<size_t>(count, static_cast<size_t>(size() - offset)), '\0');
  const Result<size_t> got = ReadAt(offset, bytes.data(), bytes.size());
  bytes.resize(got.has_value() ? *got : 0);
  return bytes;
}

std::string ByteSource::ReadExactly(int64_t offset, size_t count) const {
  if (offset < 0 || offset > size() || count > static_cast<size_t>(size() - offset)) {
    return {};
  }
  std::string bytes = ReadUpTo(offset, count);
  if (bytes.size() != count) {
    bytes.clear();
  }
  return bytes;
}

Result<size_t> MemoryView::ReadAt(int64_t offset, void* buffer, size_t count) const {
  if (offset < 0 || offset >= size()) {
    return size_t{0};
  }
  const size_t got = std::min(count, bytes_.size() - static_cast<size_t>(offset));
  std::memcpy(buffer, bytes_.data() + offset, got);
  return got;
}

Input Input::FromFile(std::filesystem::path path) {
  std::string name = path.string();
  return FromFile(std::move(path), std::move(name));
}

Input Input::FromFile(std::filesystem::path path, std::string name) {
  Input input;
  input.name_ = std::move(name);
  input.path_ = std::move(path);
  return input;
}

Input Input::FromMemory(std::string bytes, std::string name) {
  Input input;
  input.name_ = std::move(name);
  input.bytes_ = std::make_shared<const std::string>(std::move(bytes));
  return input;
}

Result<std::shared_ptr<const ByteSource>> Input::Open() const {
  std::shared_ptr<const ByteSource> source;
  if (bytes_ != nullptr) {
    source = std::make_shared<SharedBytes>(bytes_);
  } else {
    // O_NONBLOCK: opening a pipe nobody writes to must not hang.
    const int descriptor = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
      return StatusFromErrno(errno, name_);
    }
    struct stat about = {};
    if (fstat(descriptor, &about) != 0) {
      const int error_number = errno;
      close(descriptor);
      return StatusFromErrno(error_number, name_);
    }
    source =
        std::make_shared<FileBytes>(descriptor, about.st_size);  // owns the descriptor from here on
    if (S_ISDIR(about.st_mode)) {
      return Status(StatusCode::kInvalidArgument, name_ + ": is a folder, not a picture");
    }
    if (!S_ISREG(about.st_mode)) {
      return Status(StatusCode::kInvalidArgument,
                    name_ + ": is a device or a pipe, not a file; pipe it in as \"-\"");
    }
  }
  if (source->size() == 0) {
    return Status(StatusCode::kCorruptInput, name_ + ": is empty (0 bytes)");
  }
  return source;
}

}  // namespace recover

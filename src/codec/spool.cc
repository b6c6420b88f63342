#include "codec/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include <sys/mman.h>

namespace recover {
namespace {

int OpenNameless(const std::filesystem::path& dir) {
  const int descriptor = open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
    return descriptor;
  }
  std::string name = (dir / ".recover-spool-XXXXXX").string();
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) {
    unlink(name.c_str());
  }
  return named;
}

/// Repeats `move(done)`, which moves some bytes, until `count` are moved.
template <typename Move>
Status MoveAll(int64_t count, Move move, const char* what) {
  for (int64_t done = 0; done < count;) {
    const ssize_t moved = move(done);
    if (moved < 0 && errno == EINTR) {
      continue;
    }
    if (moved <= 0) {
      return StatusFromErrno(moved < 0 ? errno : EIO, what);
    }
    done += moved;
  }
  return Status::Ok();
}

}  // namespace

Result<Spool> Spool::Create(int64_t bytes, int64_t budget_bytes, const std::filesystem::path& dir) {
  Spool spool;
  spool.size_ = bytes;
  if (bytes <= budget_bytes) {
    try {
      spool.memory_.resize(static_cast<size_t>(bytes));
      return spool;
    } catch (const std::bad_alloc&) {
      // Memory is short: the disk it is.
    }
  }
  std::error_code ignored;
  const std::filesystem::path folder =
      dir.empty() ? std::filesystem::temp_directory_path(ignored) : dir;
  spool.descriptor_ = OpenNameless(folder);
  if (spool.descriptor_ < 0) {
    return StatusFromErrno(errno, "making room for the picture in " + folder.string());
  }
  // Reserved now: a full disk is better met here than half-way through.
  if (const int error_number = posix_fallocate(spool.descriptor_, 0, bytes); error_number != 0) {
    return StatusFromErrno(error_number, "making room for the picture in " + folder.string());
  }
  return spool;
}

Spool::Spool(Spool&& other) noexcept
    : memory_(std::move(other.memory_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      mapped_(std::exchange(other.mapped_, nullptr)) {}

Spool& Spool::operator=(Spool&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

Spool::~Spool() {
  if (mapped_ != nullptr) {
    munmap(mapped_, static_cast<size_t>(size_));
  }
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

Status Spool::Write(int64_t offset, const void* data, int64_t count) {
  if (in_memory()) {
    RECOVER_CHECK(offset >= 0 && offset + count <= static_cast<int64_t>(memory_.size()));
    std::memcpy(memory_.data() + offset, data, static_cast<size_t>(count));
    return Status::Ok();
  }
  const auto* bytes = static_cast<const char*>(data);
  return MoveAll(
      count,
      [&](int64_t done) {
        return pwrite(descriptor_, bytes + done, static_cast<size_t>(count - done), offset + done);
      },
      "spooling the picture to disk");
}

Status Spool::Read(int64_t offset, void* data, int64_t count) const {
  if (in_memory()) {
    RECOVER_CHECK(offset >= 0 && offset + count <= static_cast<int64_t>(memory_.size()));
    std::memcpy(data, memory_.data() + offset, static_cast<size_t>(count));
    return Status::Ok();
  }
  auto* bytes = static_cast<char*>(data);
  return MoveAll(
      count,
      [&](int64_t done) {
        return pread(descriptor_, bytes + done, static_cast<size_t>(count - done), offset + done);
      },
      "reading the spooled picture back");
}

Result<std::span<const std::byte>> Spool::Map() {
  const auto size = static_cast<size_t>(size_);
  if (in_memory()) {
    return std::span(reinterpret_cast<const std::byte*>(memory_.data()), size);
  }
  if (mapped_ == nullptr) {
    void* mapped = mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor_, 0);
    if (mapped == MAP_FAILED) {
      return StatusFromErrno(errno, "reading the spooled picture back");
    }
    mapped_ = mapped;
  }
  return std::span(static_cast<const std::byte*>(mapped_), size);
}

}  // namespace recover

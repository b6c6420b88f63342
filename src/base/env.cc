#include "base/env.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <system_error>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/checked_math.h"

namespace recover {
namespace {

namespace fs = std::filesystem;

Status ErrnoStatus(const char* what, const fs::path& path) {
  return StatusFromErrno(errno, what + (" " + path.string()));
}

// Calls a system call again while a signal interrupts it.
template <typename Call>
auto Retry(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result;
}

UniqueFd Open(const fs::path& path, int flags, mode_t mode = 0) {
  return UniqueFd(Retry([&] { return open(path.c_str(), flags | O_CLOEXEC, mode); }));
}

// renameat2 with RENAME_NOREPLACE is missing on some file systems; a hard link
// cannot replace anything either, and the second name is dropped afterwards.
int RenameKeeping(const fs::path& from, const fs::path& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return -1;
  }
  return link(from.c_str(), to.c_str()) == 0 ? unlink(from.c_str()) : -1;
}

class DiskEnv final : public Env {
 public:
  Result<std::string> ReadFile(const fs::path& path, int64_t max_bytes) override;
  Result<UniqueFd> CreateLocked(const fs::path& path) override;
  Status Write(const UniqueFd& fd, std::string_view bytes, const fs::path& path) override;
  Status Sync(const UniqueFd& fd, const fs::path& path) override;
  Status SyncFolder(const fs::path& folder) override;
  Status Rename(const fs::path& from, const fs::path& to, bool replace) override;
  Status Remove(const fs::path& path) override;
  Result<int64_t> FreeBytes(const fs::path& folder) override;
  Result<std::vector<fs::path>> ListFolder(const fs::path& folder) override;
  bool IsLocked(const fs::path& path) override;
};

Result<std::string> DiskEnv::ReadFile(const fs::path& path, int64_t max_bytes) {
  const UniqueFd fd = Open(path, O_RDONLY);
  struct stat info = {};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) {
    return ErrnoStatus("cannot open", path);
  }
  if (S_ISDIR(info.st_mode)) {
    return Status(StatusCode::kInvalidArgument, path.string() + " is a folder, not a file");
  }
  const Status too_large(StatusCode::kTooLarge,
                         path.string() + " has more than " + std::to_string(max_bytes) + " bytes");
  if (info.st_size > max_bytes) {
    return too_large;
  }
  // The size is a hint: pipes have none, and a file may grow while it is read.
  std::string bytes(static_cast<size_t>(std::max<int64_t>(info.st_size, 4096)), '\0');
  size_t filled = 0;
  while (true) {
    const ssize_t got =
        Retry([&] { return read(fd.get(), &bytes[filled], bytes.size() - filled); });
    if (got < 0) {
      return ErrnoStatus("cannot read", path);
    }
    filled += static_cast<size_t>(got);
    if (static_cast<int64_t>(filled) > max_bytes) {
      return too_large;
    }
    if (got == 0) {
      break;
    }
    if (filled == bytes.size()) {
      bytes.resize(bytes.size() * 2);
    }
  }
  bytes.resize(filled);
  return bytes;
}

Result<UniqueFd> DiskEnv::CreateLocked(const fs::path& path) {
  // 0666 less the umask: the finished file has the rights any new file has.
  UniqueFd fd = Open(path, O_RDWR | O_CREAT | O_EXCL, 0666);
  if (!fd.valid()) {
    return ErrnoStatus("cannot create", path);
  }
  // A file system without locks is no reason to refuse the work: IsLocked()
  // answers "cannot tell" there, and nobody sweeps what cannot be told.
  if (Retry([&] { return flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0 && errno == EWOULDBLOCK) {
    return Status(StatusCode::kUnavailable, path.string() + " was taken by another process");
  }
  // Someone may have swept the file between its making and its lock.
  struct stat info = {};
  if (fstat(fd.get(), &info) != 0 || info.st_nlink == 0) {
    return Status(StatusCode::kUnavailable, path.string() + " was removed by another process");
  }
  return fd;
}

Status DiskEnv::Write(const UniqueFd& fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = Retry([&] { return write(fd.get(), bytes.data(), bytes.size()); });
    if (written < 0) {
      return ErrnoStatus("cannot write", path);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return Status::Ok();
}

Status DiskEnv::Sync(const UniqueFd& fd, const fs::path& path) {
  return Retry([&] { return fsync(fd.get()); }) == 0 ? Status::Ok()
                                                     : ErrnoStatus("cannot write", path);
}

Status DiskEnv::SyncFolder(const fs::path& folder) {
  const UniqueFd fd = Open(folder, O_RDONLY | O_DIRECTORY);
  if (!fd.valid()) {
    // A folder may be writable but not readable (a drop box).
    return errno == EACCES ? Status::Ok() : ErrnoStatus("cannot open", folder);
  }
  if (Retry([&] { return fsync(fd.get()); }) != 0 && errno != EINVAL && errno != ENOTSUP) {
    return ErrnoStatus("cannot write", folder);
  }
  return Status::Ok();
}

Status DiskEnv::Rename(const fs::path& from, const fs::path& to, bool replace) {
  const int result = replace ? std::rename(from.c_str(), to.c_str()) : RenameKeeping(from, to);
  return result == 0 ? Status::Ok() : ErrnoStatus("cannot write", to);
}

Status DiskEnv::Remove(const fs::path& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return ErrnoStatus("cannot remove", path);
  }
  return Status::Ok();
}

Result<int64_t> DiskEnv::FreeBytes(const fs::path& folder) {
  struct statvfs info = {};
  if (Retry([&] { return statvfs(folder.c_str(), &info); }) != 0) {
    return ErrnoStatus("cannot ask for the free space of", folder);
  }
  return CheckedMul(static_cast<int64_t>(info.f_bavail), static_cast<int64_t>(info.f_frsize))
      .value_or(std::numeric_limits<int64_t>::max());
}

Result<std::vector<fs::path>> DiskEnv::ListFolder(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    paths.push_back(entry->path());
  }
  if (error) {
    return StatusFromErrno(error.value(), "cannot list " + folder.string());
  }
  return paths;
}

bool DiskEnv::IsLocked(const fs::path& path) {
  const UniqueFd fd = Open(path, O_RDWR | O_NOFOLLOW);
  return !fd.valid() || Retry([&] { return flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0;
}

}  // namespace

Env& Env::Real() {
  static DiskEnv env;
  return env;
}

}  // namespace recover

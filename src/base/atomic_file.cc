#include "base/atomic_file.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

namespace recover {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = ".recover-";
constexpr std::string_view kSuffix = ".tmp";
constexpr int kCreateAttempts = 100;

// Differs between processes and between calls, also across containers that share
// a folder and count their processes alike (the clock); a clash is tried again.
std::string TemporaryName() {
  static std::atomic<uint64_t> counter = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ticks = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  std::string name(kPrefix);
  name += std::to_string(getpid());
  name += '-';
  name += std::to_string(ticks);
  name += '-';
  name += std::to_string(counter.fetch_add(1));
  name += kSuffix;
  return name;
}

// Absolute (the temporary must be found after a chdir too) and behind all links.
Result<fs::path> ResolveTarget(const fs::path& target) {
  std::error_code error;
  fs::path resolved = fs::weakly_canonical(fs::absolute(target, error), error);
  if (error) {
    return StatusFromErrno(error.value(), "cannot write " + target.string());
  }
  const fs::file_status status = fs::status(resolved, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    return Status(StatusCode::kInvalidArgument,
                  "cannot write " + target.string() + ": it is not a regular file");
  }
  if (!resolved.has_filename()) {
    return Status(StatusCode::kInvalidArgument,
                  "cannot write " + target.string() + ": a file name is missing");
  }
  return resolved;
}

}  // namespace

AtomicFile::AtomicFile(Env& env, UniqueFd fd, fs::path temporary, fs::path target)
    : env_(&env),
      fd_(std::move(fd)),
      temporary_(std::move(temporary)),
      target_(std::move(target)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept = default;

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  if (this != &other) {
    Discard();
    env_ = other.env_;
    fd_ = std::move(other.fd_);
    temporary_ = std::move(other.temporary_);
    target_ = std::move(other.target_);
  }
  return *this;
}

AtomicFile::~AtomicFile() { Discard(); }

void AtomicFile::Discard() {
  if (fd_.valid()) {
    // Nobody is left to hear of a failure; the next sweep tries again.
    static_cast<void>(env_->Remove(temporary_).ok());
    fd_.Reset();
  }
}

Result<AtomicFile> AtomicFile::Create(Env& env, const fs::path& target) {
  RECOVER_ASSIGN_OR_RETURN(const fs::path resolved, ResolveTarget(target));
  Status last;
  for (int attempt = 0; attempt < kCreateAttempts; ++attempt) {
    fs::path temporary = resolved.parent_path() / TemporaryName();
    Result<UniqueFd> fd = env.CreateLocked(temporary);
    if (fd) {
      return AtomicFile(env, *std::move(fd), std::move(temporary), resolved);
    }
    last = fd.error();
    // A name that is taken, or that a sweep took away before it was locked.
    if (last.code() != StatusCode::kAlreadyExists && last.code() != StatusCode::kUnavailable) {
      break;
    }
  }
  // The person knows the target, not our temporary names.
  return Status(last.code(), "cannot write " + target.string() + ": " + last.message());
}

Status AtomicFile::Write(std::string_view bytes) { return env_->Write(fd_, bytes, target_); }

Status AtomicFile::Commit(OnExisting on_existing) {
  RECOVER_CHECK(fd_.valid());
  Status status = env_->Sync(fd_, target_);
  if (status.ok()) {
    status = env_->Rename(temporary_, target_, on_existing == OnExisting::kReplace);
  }
  if (!status.ok()) {
    Discard();
    return status;
  }
  fd_.Reset();
  static_cast<void>(env_->SyncFolder(target_.parent_path()).ok());
  return Status::Ok();
}

bool IsTemporaryName(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.size() > kPrefix.size() + kSuffix.size() && name.starts_with(kPrefix) &&
         name.ends_with(kSuffix);
}

int SweepTemporaries(Env& env, const fs::path& folder) {
  const Result<std::vector<fs::path>> paths = env.ListFolder(folder);
  int removed = 0;
  if (paths) {
    for (const fs::path& path : *paths) {
      if (IsTemporaryName(path) && !env.IsLocked(path) && env.Remove(path).ok()) {
        ++removed;
      }
    }
  }
  return removed;
}

}  // namespace recover

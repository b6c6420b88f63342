// FailingEnv: a disk whose operations fail when a test says so.
#pragma once

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "base/env.h"

namespace recover {

/// Passes everything on to another Env, but lets chosen calls fail. Not
/// thread-safe; for tests.
class FailingEnv final : public Env {
 public:
  enum class Op { kRead, kCreate, kWrite, kSync, kSyncFolder, kRename, kRemove, kFreeBytes, kList };

  explicit FailingEnv(Env& target = Env::Real()) : target_(target) {}

  /// Lets `op` fail with `error_number` (ENOSPC ...) after `successes` more good calls,
  /// once; forever with `repeat`.
  void Fail(Op op, int error_number, int successes = 0, bool repeat = false) {
    plan(op) = {error_number, successes, repeat};
  }
  /// How often `op` was called.
  int calls(Op op) const { return calls_[static_cast<size_t>(op)]; }

  Result<std::string> ReadFile(const std::filesystem::path& path, int64_t max_bytes) override {
    RECOVER_RETURN_IF_ERROR(Next(Op::kRead, path));
    return target_.ReadFile(path, max_bytes);
  }
  Result<UniqueFd> CreateLocked(const std::filesystem::path& path) override {
    RECOVER_RETURN_IF_ERROR(Next(Op::kCreate, path));
    return target_.CreateLocked(path);
  }
  Status Write(const UniqueFd& fd, std::string_view bytes,
               const std::filesystem::path& path) override {
    RECOVER_RETURN_IF_ERROR(Next(Op::kWrite, path));
    return target_.Write(fd, bytes, path);
  }
  Status Sync(const UniqueFd& fd, const std::filesystem::path& path) override {
    RECOVER_RETURN_IF_ERROR(Next(Op::kSync, path));
    return target_.Sync(fd, path);
  }
  Status SyncFolder(const std::filesystem::path& folder) override {
    RECOVER_RETURN_IF_ERROR(Next(Op::kSyncFolder, folder));
    return target_.SyncFolder(folder);
  }
  Status Rename(const std::filesystem::path& from, const std::filesystem::path& to,
                bool replace) override {
    RECOVER_RETURN_IF_ERROR(Next(Op::kRename, to));
    return target_.Rename(from, to, replace);
  }
  Status Remove(const std::filesystem::path& path) override {
    RECOVER_RETURN_IF_ERROR(Next(Op::kRemove, path));
    return target_.Remove(path);
  }
  Result<int64_t> FreeBytes(const std::filesystem::path& folder) override {
    RECOVER_RETURN_IF_ERROR(Next(Op::kFreeBytes, folder));
    return target_.FreeBytes(folder);
  }
  Result<std::vector<std::filesystem::path>> ListFolder(
      const std::filesystem::path& folder) override {
    RECOVER_RETURN_IF_ERROR(Next(Op::kList, folder));
    return target_.ListFolder(folder);
  }
  bool IsLocked(const std::filesystem::path& path) override { return target_.IsLocked(path); }

 private:
  struct Plan {
    int error_number = 0;  ///< 0 = never fails.
    int successes = 0;
    bool repeat = false;
  };
  static constexpr size_t kOps = static_cast<size_t>(Op::kList) + 1;

  Plan& plan(Op op) { return plans_[static_cast<size_t>(op)]; }

  Status Next(Op op, const std::filesystem::path& path) {
    ++calls_[static_cast<size_t>(op)];
    Plan& next = plan(op);
    if (next.error_number == 0 || next.successes-- > 0) {
      return Status::Ok();
    }
    const int error_number = next.error_number;
    next.successes = 0;
    if (!next.repeat) {
      next.error_number = 0;
    }
    return StatusFromErrno(error_number, "made to fail: " + path.string());
  }

  Env& target_;
  std::array<Plan, kOps> plans_ = {};
  std::array<int, kOps> calls_ = {};
};

}  // namespace recover

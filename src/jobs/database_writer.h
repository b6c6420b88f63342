// The one place of a writer, shared by all threads of the process.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "jobs/database_session.h"

namespace recover {

/// Runs each work as if it were alone. What waits at the same time is committed together: bringing
/// a commit to the disk takes milliseconds, whether it holds one work or fifty. Thread-safe.
class DatabaseWriter {
 public:
  explicit DatabaseWriter(std::string connect) : connect_(std::move(connect)) {}

  /// Returns when the work is committed or undone. May run on another caller's thread, while
  /// this one waits. Errors: the work's own; those of the store; kUnavailable when its turn
  /// does not come within kDatabaseWait.
  Status Run(const DatabaseWork& work);

  /// Callers whose works nobody has begun yet.
  size_t waiting() const;

 private:
  struct Request {
    const DatabaseWork* work = nullptr;
    Status status;
    bool is_taken = false;  ///< By a leader, who will end it.
    bool is_done = false;
  };

  bool AwaitTurn(Request& request, std::unique_lock<std::mutex>& lock);
  void Lead(const Request& own, std::unique_lock<std::mutex>& lock);
  std::vector<Status> RunAll(const std::vector<const DatabaseWork*>& works);

  const std::string connect_;

  mutable std::mutex mutex_;  ///< Guards what follows, not held while works run.
  std::condition_variable changed_;
  bool has_leader_ = false;  ///< Some caller runs works for all.
  std::deque<Request*> waiting_;

  DatabaseSession session_;  ///< The leader's. Null at first and after a failure.
};

}  // namespace recover

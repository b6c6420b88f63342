// A fixed set of threads and the one loop that runs on them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace recover {

class ThreadPool;

/// Calls body(i) once for every i in [0, count), in any order, on the pool's
/// threads and on the caller's own; returns when all calls have returned.
///
/// What a call wrote is visible to the caller afterwards. `body` must not throw
/// (the program ends) and must not call ParallelFor again, on any pool: nested
/// loops are a mistake (RECOVER_CHECK). Stopping early is the body's business:
/// look at a stop token and return. Thread-safe: loops started on one pool from
/// several threads run one after the other. Cost: one lock per index, so an
/// index should be worth some microseconds.
void ParallelFor(ThreadPool& pool, int64_t count, const std::function<void(int64_t)>& body);

/// Threads that wait for ParallelFor. Must outlive the loops that run on it.
class ThreadPool {
 public:
  /// A pool on which `threads` >= 1 calls run at once. The thread that calls
  /// ParallelFor is one of them, so threads - 1 are started here.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// How many calls run at once, the caller's thread included.
  int size() const { return static_cast<int>(workers_.size()) + 1; }

 private:
  friend void ParallelFor(ThreadPool& pool, int64_t count,
                          const std::function<void(int64_t)>& body);

  void Loop(int64_t count, const std::function<void(int64_t)>& body);
  void WorkerMain();
  /// Runs indices of the current loop until none is left to take. `lock` holds mutex_.
  void RunIndices(std::unique_lock<std::mutex>& lock);

  std::mutex loop_mutex_;  ///< Held for the length of one loop: loops queue up here.

  std::mutex mutex_;  ///< Guards everything below but workers_.
  std::condition_variable work_ready_;
  std::condition_variable loop_done_;
  const std::function<void(int64_t)>* body_ = nullptr;
  int64_t next_ = 0;
  int64_t count_ = 0;
  int64_t running_ = 0;
  bool stopping_ = false;

  std::vector<std::thread> workers_;
};

/// How many threads this process may use: the CPUs it is allowed on, further
/// limited by a container's CPU quota where one is set. At least 1.
int AvailableCpus();

}  // namespace recover

// The threads that run handlers, in two lanes.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "http/router.h"

namespace recover {

/// A poll of a status never waits behind a submit that syncs a disk. Thread-safe.
class HandlerPool {
 public:
  HandlerPool(int quick_threads, int slow_threads);
  /// As Stop().
  ~HandlerPool();

  /// False when stopping: the task was not taken. Tasks must not throw. As many wait as there
  /// are connections at most.
  bool Post(Lane lane, std::function<void()> task);

  /// Runs what was taken and ends the threads.
  void Stop();

 private:
  struct Queue {
    std::deque<std::function<void()>> tasks;
    std::condition_variable not_empty;
  };
  void Run(Queue& queue);

  std::mutex mutex_;  ///< Guards the queues and is_stopping_.
  Queue quick_;
  Queue slow_;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace recover

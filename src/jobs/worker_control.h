// How a worker is steered from outside.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace recover {

/// Wakes, drains and stops a worker. Thread-safe; outlives the worker.
class WorkerControl {
 public:
  /// There may be a new job.
  void Wake();
  /// What runs is finished, nothing new is taken up.
  void Drain();
  /// What runs ends within a tile and goes back to Pending; nothing new is taken up.
  void Stop();

  bool is_draining() const;  ///< Or stopping.
  std::stop_token stop_token() const { return stop_.get_token(); }

  /// A number that each call of Wake(), Drain() and Stop() raises.
  uint64_t changes() const;
  /// Waits until changes() is beyond `seen`, at most `most`. Taking `seen` before the
  /// look for work makes sure that no wake is lost.
  void WaitForChange(uint64_t seen, std::chrono::milliseconds most);

 private:
  void Change(bool drain);

  std::stop_source stop_;
  mutable std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable changed_;
  uint64_t changes_ = 0;
  bool is_draining_ = false;
};

}  // namespace recover

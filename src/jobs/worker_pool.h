// The server's workers as child processes: started, woken, watched, ended.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/job_queue.h"

namespace recover {

struct WorkerPoolOptions {
  std::filesystem::path program;       ///< This program; run as PROGRAM ARGUMENTS.
  std::vector<std::string> arguments;  ///< worker --data DIR --threads N ...
  int workers = 1;                     ///< Processes.
  int niceness = 10;                   ///< So that answers come before pictures.
  /// First pause before a child that died is replaced; doubles while children die within
  /// `settled` of their start, up to 64 times as long.
  std::chrono::milliseconds first_pause{500};
  std::chrono::milliseconds settled{60'000};
  /// What a told child has to end by itself before it is killed.
  std::chrono::milliseconds stop_patience{10'000};
  /// A job whose worker gave no sign of life for so long is taken from it.
  std::chrono::milliseconds lease{60'000};
};

/// Each child holds one end of a socket pair as standard input: the byte 'w' wakes it, 'd'
/// drains it, the end of the stream (also when this process was killed) stops it. On its
/// standard output it writes the line "worker ID" before it takes up any job, and "ready"
/// once its network is loaded; its standard error is this process's. A child that dies is
/// replaced; its jobs go back to Pending, or to Failed after their third try.
/// Thread-safe.
class WorkerPool {
 public:
  /// Returns once the children are started, not yet ready.
  /// Errors: those of starting a process.
  static Result<std::unique_ptr<WorkerPool>> Start(WorkerPoolOptions options,
                                                   std::shared_ptr<JobQueue> queue);
  /// Stops at once: running jobs end within a tile and go back to Pending.
  ~WorkerPool();

  /// There may be a new job. Quick.
  void Wake();
  /// Running jobs may finish within `patience`; then as the destructor does. Returns when
  /// no child is left.
  void Drain(std::chrono::milliseconds patience);
  /// Ends the patience of a Drain() that another thread is in.
  void StopNow();
  /// True while at least one worker is up and has loaded its network.
  bool IsReady() const;
  /// Process ids of the children that live now; for tests and for people.
  std::vector<int> pids() const;

 private:
  class Impl;
  explicit WorkerPool(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace recover

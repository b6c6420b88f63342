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
  std::filesystem::path program;       ///< This program; run as PROGRAM worker ARGUMENTS.
  std::vector<std::string> arguments;  ///< Its options: --data DIR --threads N ...
  int workers = 1;                     ///< Processes.
  int niceness = 10;                   ///< So that answers come before pictures.
};

/// Each child holds the read end of a pipe as standard input: a byte wakes it, 'd' drains it,
/// the end of the pipe (also when this process was killed) stops it. A child that dies is
/// replaced, after a growing pause when it dies at once; its jobs go back to Pending, or to
/// Failed after their third try. Thread-safe.
class WorkerPool {
 public:
  static Result<std::unique_ptr<WorkerPool>> Start(WorkerPoolOptions options,
                                                   std::shared_ptr<JobQueue> queue);
  /// Stops at once: running jobs go back to Pending.
  ~WorkerPool();

  void Wake();
  /// Running jobs may finish within `patience`; then as the destructor does.
  void Drain(std::chrono::milliseconds patience);
  /// True while at least one worker is up and has loaded its network.
  bool IsReady() const;

 private:
  class Impl;
  explicit WorkerPool(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace recover

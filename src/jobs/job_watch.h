// The eye on one run: keeps its claim alive, tells its progress, ends it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/run_context.h"
#include "jobs/job_run.h"

namespace recover {

/// Why a run was ended from outside.
enum class RunEnd {
  kNone,       ///< It was not.
  kCancelled,  ///< Its owner cancelled the job.
  kLost,       ///< Another worker has the job.
  kTimeout,    ///< It worked longer than it may.
  kStop,       ///< This worker is told to stop.
};

/// A thread that reports at most four times a second to the store as long as it lives.
/// Thread-safe.
class JobWatch {
 public:
  /// All borrowed; outlive this.
  JobWatch(const Claim& claim, const JobRunParts& parts, const std::stop_token& worker_stop);
  /// Ends the reports.
  ~JobWatch();
  JobWatch(const JobWatch&) = delete;
  JobWatch& operator=(const JobWatch&) = delete;

  /// For the run: its stop, its progress, its turn on the device. Used by one run.
  RunContext MakeContext();

  /// Why stop was requested.
  RunEnd end() const;
  /// Seconds of the run's life that were spent in waiting for the device.
  double waited_seconds() const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  void Watch();
  void Heartbeat();
  void CheckTimes();
  void EndRun(RunEnd why);
  void SetWaiting(bool is_waiting);
  /// With mutex_ held.
  std::chrono::steady_clock::duration WaitedUntil(Time now) const;

  const Claim& claim_;
  const JobRunParts& parts_;
  const Time begin_;
  std::stop_source run_stop_;
  std::atomic<int> percent_ = 0;

  mutable std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable over_changed_;
  bool is_over_ = false;
  RunEnd end_ = RunEnd::kNone;
  Time ended_at_;
  bool told_stuck_ = false;
  bool is_waiting_ = false;
  Time waiting_since_;
  std::chrono::steady_clock::duration waited_ = {};

  std::stop_callback<std::function<void()>> on_worker_stop_;
  std::thread thread_;
};

}  // namespace recover

#include "jobs/job_watch.h"

#include <algorithm>
#include <exception>

#include "base/log.h"

namespace recover {
namespace {

constexpr std::chrono::milliseconds kTick{250};

}  // namespace

JobWatch::JobWatch(const Claim& claim, const JobRunParts& parts, const std::stop_token& worker_stop)
    : claim_(claim),
      parts_(parts),
      begin_(std::chrono::steady_clock::now()),
      on_worker_stop_(worker_stop, [this] { EndRun(RunEnd::kStop); }),
      thread_([this] { Watch(); }) {}

JobWatch::~JobWatch() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  over_changed_.notify_all();
  thread_.join();
}

RunContext JobWatch::MakeContext() {
  RunContext context;
  context.stop = run_stop_.get_token();
  context.progress = [this](int64_t done, int64_t total) {
    // The last percent is that of the finished file.
    percent_ =
        static_cast<int>(std::clamp<int64_t>(done * 100 / std::max<int64_t>(total, 1), 0, 99));
  };
  context.turnstile = parts_.turnstile;
  context.waiting = [this](bool is_waiting) { SetWaiting(is_waiting); };
  return context;
}

RunEnd JobWatch::end() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

double JobWatch::waited_seconds() const {
  const std::lock_guard lock(mutex_);
  return std::chrono::duration<double>(WaitedUntil(std::chrono::steady_clock::now())).count();
}

std::chrono::steady_clock::duration JobWatch::WaitedUntil(Time now) const {
  return waited_ + (is_waiting_ ? now - waiting_since_ : std::chrono::steady_clock::duration{});
}

void JobWatch::SetWaiting(bool is_waiting) {
  const std::lock_guard lock(mutex_);
  const Time now = std::chrono::steady_clock::now();
  waited_ = WaitedUntil(now);
  is_waiting_ = is_waiting;
  waiting_since_ = now;
}

void JobWatch::EndRun(RunEnd why) {
  {
    const std::lock_guard lock(mutex_);
    if (end_ != RunEnd::kNone) {
      return;
    }
    end_ = why;
    ended_at_ = std::chrono::steady_clock::now();
  }
  run_stop_.request_stop();
}

void JobWatch::Watch() {
  std::unique_lock lock(mutex_);
  while (!over_changed_.wait_for(lock, kTick, [this] { return is_over_; })) {
    lock.unlock();
    CheckTimes();
    Heartbeat();
    lock.lock();
  }
}

void JobWatch::Heartbeat() {
  Result<ClaimStatus> status = ClaimStatus::kMine;
  try {
    status = parts_.queue->Heartbeat(claim_, percent_);
  } catch (const std::exception& error) {
    status = Status(StatusCode::kInternal, error.what());
  }
  if (!status) {
    // The work goes on: the store may be back before the lease ends.
    Log(LogLevel::kWarning, "heartbeat not written",
        {{"job", claim_.job.process_id}, {"error", status.error().message()}});
  } else if (*status == ClaimStatus::kCancelled) {
    EndRun(RunEnd::kCancelled);
  } else if (*status == ClaimStatus::kLost) {
    EndRun(RunEnd::kLost);
  }
}

void JobWatch::CheckTimes() {
  const Time now = std::chrono::steady_clock::now();
  bool is_late = false;
  bool is_stuck = false;
  {
    const std::lock_guard lock(mutex_);
    is_late = now - begin_ - WaitedUntil(now) > parts_.job_timeout;
    is_stuck = end_ != RunEnd::kNone && now - ended_at_ > parts_.stuck_patience && !told_stuck_;
    told_stuck_ = told_stuck_ || is_stuck;
  }
  if (is_late) {
    EndRun(RunEnd::kTimeout);
  }
  if (is_stuck) {
    Log(LogLevel::kError, "a run does not stop", {{"job", claim_.job.process_id}});
    if (parts_.on_stuck) parts_.on_stuck();
  }
}

}  // namespace recover

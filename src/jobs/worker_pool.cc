// One thread watches all children: it reads their lines, replaces the dead, and takes the
// jobs of the dead back.
#include "jobs/worker_pool.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include <sys/eventfd.h>

#include "base/log.h"
#include "jobs/worker_process.h"

namespace recover {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kMaxPauseDoublings = 6;
constexpr std::chrono::milliseconds kReleaseRetry{1000};

/// A place in the pool: a child, or the wait for the next one.
struct Place {
  std::optional<WorkerProcess> process;
  SteadyClock::time_point start_at;  ///< Without a process: when the next one is due.
  int early_deaths = 0;              ///< In a row.
};

}  // namespace

class WorkerPool::Impl {
 public:
  static Result<std::unique_ptr<Impl>> Start(WorkerPoolOptions options,
                                             std::shared_ptr<JobQueue> queue) {
    auto impl = std::make_unique<Impl>(std::move(options), std::move(queue));
    if (!impl->signal_.valid()) {
      return StatusFromErrno(errno, "an event for the workers");
    }
    for (Place& place : impl->places_) {
      RECOVER_RETURN_IF_ERROR(impl->StartProcess(place));
    }
    impl->thread_ = std::thread([pool = impl.get()] { pool->Watch(); });
    return impl;
  }

  Impl(WorkerPoolOptions options, std::shared_ptr<JobQueue> queue)
      : options_(std::move(options)),
        queue_(std::move(queue)),
        signal_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        places_(static_cast<size_t>(std::max(options_.workers, 1))) {}

  ~Impl() {
    if (thread_.joinable()) {
      Drain(std::chrono::milliseconds(0));
      thread_.join();
    }
    // Only where starting failed halfway are there children left.
    for (Place& place : places_) {
      if (place.process) place.process->Reap();
    }
  }

  void Wake() {
    const std::lock_guard lock(mutex_);
    for (Place& place : places_) {
      if (place.process) place.process->Tell('w');
    }
  }

  void Drain(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const SteadyClock::time_point deadline = SteadyClock::now() + patience;
    stop_at_ = stop_at_ ? std::min(*stop_at_, deadline) : deadline;
    for (Place& place : places_) {
      if (place.process) place.process->Tell('d');
    }
    Signal();
    all_gone_.wait(lock, [this] { return is_over_; });
  }

  void StopNow() {
    const std::lock_guard lock(mutex_);
    stop_at_ = SteadyClock::now();
    Signal();
  }

  bool IsReady() const {
    const std::lock_guard lock(mutex_);
    return std::any_of(places_.begin(), places_.end(), [](const Place& place) {
      return place.process && place.process->is_ready();
    });
  }

  std::vector<int> pids() const {
    const std::lock_guard lock(mutex_);
    std::vector<int> pids;
    for (const Place& place : places_) {
      if (place.process) pids.push_back(place.process->pid());
    }
    return pids;
  }

 private:
  void Signal() {
    const uint64_t one = 1;
    // A full counter wakes as well.
    [[maybe_unused]] const ssize_t written = write(signal_.get(), &one, sizeof(one));
  }

  /// The thread. Sleeps in poll() without the lock; jobs are released without it too.
  void Watch() {
    while (true) {
      Sleep();
      ReleaseDeadAndExpired();
      const std::lock_guard lock(mutex_);
      TendPlaces();
      if (stop_at_ && std::none_of(places_.begin(), places_.end(),
                                   [](const Place& place) { return place.process.has_value(); })) {
        break;
      }
    }
    ReleaseDeadAndExpired();
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    all_gone_.notify_all();
  }

  void Sleep() {
    std::vector<pollfd> fds = {{.fd = signal_.get(), .events = POLLIN, .revents = 0}};
    SteadyClock::time_point wake_at = SteadyClock::now() + options_.lease / 4;
    {
      const std::lock_guard lock(mutex_);
      for (const Place& place : places_) {
        if (place.process) {
          fds.push_back({.fd = place.process->output_fd(), .events = POLLIN, .revents = 0});
        } else if (!stop_at_) {
          wake_at = std::min(wake_at, place.start_at);
        }
      }
      if (stop_at_ && !is_stopped_) wake_at = std::min(wake_at, *stop_at_);
      if (is_stopped_) wake_at = std::min(wake_at, kill_at_);
    }
    if (!dead_workers_.empty()) wake_at = std::min(wake_at, SteadyClock::now() + kReleaseRetry);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake_at - SteadyClock::now());
    poll(fds.data(), fds.size(), static_cast<int>(std::max<int64_t>(left.count(), 0)));
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = read(signal_.get(), &count, sizeof(count));
  }

  /// With mutex_ held, as all below but ReleaseDeadAndExpired().
  void TendPlaces() {
    StopWhenDue();
    for (Place& place : places_) {
      if (place.process && !place.process->ReadOutput()) {
        Bury(place);
      } else if (!place.process && !stop_at_ && SteadyClock::now() >= place.start_at) {
        Restart(place);
      }
    }
  }

  void StopWhenDue() {
    const SteadyClock::time_point now = SteadyClock::now();
    if (stop_at_ && !is_stopped_ && now >= *stop_at_) {
      is_stopped_ = true;
      kill_at_ = now + options_.stop_patience;
      for (Place& place : places_) {
        if (place.process) place.process->CloseInput();
      }
    } else if (is_stopped_ && now >= kill_at_) {
      for (Place& place : places_) {
        if (place.process) place.process->Kill();
      }
      kill_at_ = now + options_.stop_patience;
    }
  }

  void Bury(Place& place) {
    const bool was_early = SteadyClock::now() - place.process->started() < options_.settled;
    place.early_deaths = was_early ? place.early_deaths + 1 : 0;
    const int doublings = std::clamp(place.early_deaths - 1, 0, kMaxPauseDoublings);
    place.start_at = SteadyClock::now() + options_.first_pause * (1 << doublings);
    const std::string worker_id = place.process->worker_id();
    const std::string how = place.process->Reap();
    if (!stop_at_) {
      Log(LogLevel::kError, "a worker ended", {{"worker", worker_id}, {"how", how}});
    }
    if (!worker_id.empty()) {
      dead_workers_.insert(worker_id);
      Signal();  // So that its jobs are taken back right after this round.
    }
    place.process.reset();
  }

  void Restart(Place& place) {
    if (const Status status = StartProcess(place); !status.ok()) {
      Log(LogLevel::kError, "no worker could be started", {{"error", status.message()}});
      ++place.early_deaths;
      place.start_at = SteadyClock::now() + options_.first_pause * (1 << kMaxPauseDoublings);
    }
  }

  Status StartProcess(Place& place) {
    RECOVER_ASSIGN_OR_RETURN(
        place.process,
        WorkerProcess::Start(options_.program, options_.arguments, options_.niceness));
    return Status::Ok();
  }

  /// By this thread alone, without the lock: the store may keep it waiting.
  void ReleaseDeadAndExpired() {
    int released = 0;
    for (auto dead = dead_workers_.begin(); dead != dead_workers_.end();) {
      const auto count = queue_->ReleaseJobsOf(*dead);
      if (!count) {
        Log(LogLevel::kError, "jobs of a dead worker are not taken back yet",
            {{"worker", *dead}, {"error", count.error().message()}});
        break;  // Again with the next round.
      }
      released += *count;
      dead = dead_workers_.erase(dead);
    }
    if (SteadyClock::now() >= look_for_expired_at_) {
      look_for_expired_at_ = SteadyClock::now() + options_.lease / 4;
      const auto count = queue_->ReleaseExpired(options_.lease);
      if (count) {
        released += *count;
      } else {
        Log(LogLevel::kError, "leases not checked", {{"error", count.error().message()}});
      }
    }
    if (released > 0) Wake();
  }

  const WorkerPoolOptions options_;
  const std::shared_ptr<JobQueue> queue_;  // shared with the rest of the server
  const UniqueFd signal_;                  ///< Ends the thread's sleep.

  // The thread's own.
  std::set<std::string> dead_workers_;  ///< Whose jobs are still to be taken back.
  SteadyClock::time_point look_for_expired_at_ = SteadyClock::now();

  mutable std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable all_gone_;
  std::vector<Place> places_;
  std::optional<SteadyClock::time_point>
      stop_at_;              ///< Set = nothing new; from then on children are stopped.
  bool is_stopped_ = false;  ///< The children are told to stop.
  SteadyClock::time_point kill_at_;
  bool is_over_ = false;

  std::thread thread_;
};

Result<std::unique_ptr<WorkerPool>> WorkerPool::Start(WorkerPoolOptions options,
                                                      std::shared_ptr<JobQueue> queue) {
  RECOVER_ASSIGN_OR_RETURN(auto impl, Impl::Start(std::move(options), std::move(queue)));
  return std::unique_ptr<WorkerPool>(new WorkerPool(std::move(impl)));
}

WorkerPool::WorkerPool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WorkerPool::~WorkerPool() = default;

void WorkerPool::Wake() { impl_->Wake(); }
void WorkerPool::Drain(std::chrono::milliseconds patience) { impl_->Drain(patience); }
void WorkerPool::StopNow() { impl_->StopNow(); }
bool WorkerPool::IsReady() const { return impl_->IsReady(); }
std::vector<int> WorkerPool::pids() const { return impl_->pids(); }

}  // namespace recover

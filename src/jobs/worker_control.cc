#include "jobs/worker_control.h"

namespace recover {

void WorkerControl::Wake() { Change(/*drain=*/false); }

void WorkerControl::Drain() { Change(/*drain=*/true); }

void WorkerControl::Stop() {
  stop_.request_stop();
  Change(/*drain=*/true);
}

bool WorkerControl::is_draining() const {
  const std::lock_guard lock(mutex_);
  return is_draining_;
}

uint64_t WorkerControl::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

void WorkerControl::WaitForChange(uint64_t seen, std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [&] { return changes_ != seen; });
}

void WorkerControl::Change(bool drain) {
  {
    const std::lock_guard lock(mutex_);
    ++changes_;
    is_draining_ = is_draining_ || drain;
  }
  changed_.notify_all();
}

}  // namespace recover

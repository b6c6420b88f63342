#include "base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include "base/check.h"

namespace recover {
namespace {

// Set while this thread runs the body of a loop, to catch nested loops: they
// would wait for themselves.
thread_local bool inside_loop = false;

// The quota of cgroup v2 in CPUs ("max 100000" or "150000 100000"), or 0 without one.
int CgroupCpuQuota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period_us = 0;
  if (!(file >> quota >> period_us) || quota == "max" || period_us <= 0) {
    return 0;
  }
  char* end = nullptr;
  const double quota_us = std::strtod(quota.c_str(), &end);
  return *end == '\0' ? static_cast<int>(std::ceil(quota_us / period_us)) : 0;
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  RECOVER_CHECK(threads >= 1);
  workers_.reserve(threads - 1);
  for (int i = 1; i < threads; ++i) {
    workers_.emplace_back([this] { WorkerMain(); });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    RECOVER_CHECK(body_ == nullptr);
    stopping_ = true;
  }
  work_ready_.notify_all();
  for (std::thread& worker : workers_) {
    worker.join();
  }
}

void ThreadPool::WorkerMain() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_ready_.wait(lock, [this] { return stopping_ || (body_ != nullptr && next_ < count_); });
    if (stopping_) {
      return;
    }
    RunIndices(lock);
  }
}

void ThreadPool::RunIndices(std::unique_lock<std::mutex>& lock) {
  inside_loop = true;
  while (body_ != nullptr && next_ < count_) {
    const int64_t index = next_++;
    const std::function<void(int64_t)>& body = *body_;
    ++running_;
    lock.unlock();
    body(index);
    lock.lock();
    --running_;
  }
  inside_loop = false;
  if (running_ == 0) {
    loop_done_.notify_all();
  }
}

void ThreadPool::Loop(int64_t count, const std::function<void(int64_t)>& body) {
  const std::lock_guard one_loop(loop_mutex_);
  std::unique_lock lock(mutex_);
  body_ = &body;
  next_ = 0;
  count_ = count;
  // One index needs no other thread.
  if (count > 1) {
    work_ready_.notify_all();
  }
  RunIndices(lock);
  loop_done_.wait(lock, [this] { return running_ == 0; });
  body_ = nullptr;
}

void ParallelFor(ThreadPool& pool, int64_t count, const std::function<void(int64_t)>& body) {
  RECOVER_CHECK(count >= 0);
  RECOVER_CHECK(!inside_loop);
  if (count > 0) {
    pool.Loop(count, body);
  }
}

int AvailableCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int cpus = static_cast<int>(std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    cpus = CPU_COUNT(&set);
  }
  const int quota = CgroupCpuQuota();
  if (quota > 0) {
    cpus = std::min(cpus, quota);
  }
  return std::max(cpus, 1);
}

}  // namespace recover

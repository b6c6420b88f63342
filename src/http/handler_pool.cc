#include "http/handler_pool.h"

namespace recover {

HandlerPool::HandlerPool(int quick_threads, int slow_threads) {
  for (int i = 0; i < quick_threads; ++i) {
    threads_.emplace_back([this] { Run(quick_); });
  }
  for (int i = 0; i < slow_threads; ++i) {
    threads_.emplace_back([this] { Run(slow_); });
  }
}

HandlerPool::~HandlerPool() { Stop(); }

bool HandlerPool::Post(Lane lane, std::function<void()> task) {
  Queue& queue = lane == Lane::kQuick ? quick_ : slow_;
  const std::scoped_lock lock(mutex_);
  if (is_stopping_) {
    return false;
  }
  queue.tasks.push_back(std::move(task));
  queue.not_empty.notify_one();
  return true;
}

void HandlerPool::Stop() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
    quick_.not_empty.notify_all();
    slow_.not_empty.notify_all();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

void HandlerPool::Run(Queue& queue) {
  std::unique_lock lock(mutex_);
  while (true) {
    queue.not_empty.wait(lock, [&] { return is_stopping_ || !queue.tasks.empty(); });
    if (queue.tasks.empty()) {
      return;
    }
    const std::function<void()> task = std::move(queue.tasks.front());
    queue.tasks.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace recover

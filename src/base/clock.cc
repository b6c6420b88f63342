#include "base/clock.h"

#include "base/check.h"

namespace recover {
namespace {

class MachineClock final : public Clock {
 public:
  std::chrono::steady_clock::time_point Now() const override {
    return std::chrono::steady_clock::now();
  }
  std::chrono::system_clock::time_point WallNow() const override {
    return std::chrono::system_clock::now();
  }
};

}  // namespace

const Clock& Clock::Real() {
  static const MachineClock clock;
  return clock;
}

std::chrono::steady_clock::time_point FakeClock::Now() const {
  const std::lock_guard lock(mutex_);
  return steady_;
}

std::chrono::system_clock::time_point FakeClock::WallNow() const {
  const std::lock_guard lock(mutex_);
  return wall_;
}

void FakeClock::Advance(std::chrono::nanoseconds step) {
  RECOVER_CHECK(step.count() >= 0);
  const std::lock_guard lock(mutex_);
  steady_ += std::chrono::duration_cast<std::chrono::steady_clock::duration>(step);
  wall_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(step);
}

void FakeClock::JumpWall(std::chrono::nanoseconds step) {
  const std::lock_guard lock(mutex_);
  wall_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(step);
}

}  // namespace recover

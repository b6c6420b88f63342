// Time as a seam: what runs in production reads the real clock, tests hold a fake one.
#pragma once

#include <chrono>
#include <mutex>

namespace recover {

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Never goes back: for durations and rates.
  virtual std::chrono::steady_clock::time_point Now() const = 0;

  /// The time of day, UTC: for records and file names.
  virtual std::chrono::system_clock::time_point WallNow() const = 0;

  /// The machine's clock. Lives as long as the program.
  static const Clock& Real();
};

/// Stands still until it is told to move. Thread-safe.
class FakeClock final : public Clock {
 public:
  FakeClock() = default;
  explicit FakeClock(std::chrono::system_clock::time_point wall) : wall_(wall) {}

  std::chrono::steady_clock::time_point Now() const override;
  std::chrono::system_clock::time_point WallNow() const override;

  /// Moves both clocks on by `step` >= 0.
  void Advance(std::chrono::nanoseconds step);
  /// Sets the time of day alone on or back by `step`, as a person or a time server does.
  void JumpWall(std::chrono::nanoseconds step);

 private:
  mutable std::mutex mutex_;  ///< Guards what follows.
  std::chrono::steady_clock::time_point steady_;
  std::chrono::system_clock::time_point wall_;
};

}  // namespace recover

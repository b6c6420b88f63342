// The progress line on a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/clock.h"

namespace recover::cli {

/// Estimates what is left from what was done so far, in this call alone. Says
/// nothing before there is something to go by. Not thread-safe.
class RateEstimate {
 public:
  /// Starts counting at `now`.
  void Start(std::chrono::steady_clock::time_point now, double done);
  void Update(std::chrono::steady_clock::time_point now, double done);

  /// Units per second over the last seconds; 0 = not known yet.
  double rate() const { return rate_; }
  /// Seconds for `left` units; negative = not known yet.
  double SecondsFor(double left) const { return rate_ > 0 ? left / rate_ : -1; }

 private:
  std::chrono::steady_clock::time_point first_time_;
  std::chrono::steady_clock::time_point last_time_;
  double first_done_ = 0;
  double last_done_ = 0;
  double recent_ = 0;
  double rate_ = 0;
};

/// One line at the bottom of a terminal on standard error: the picture's share, MP/s,
/// its remaining time and that of the batch. Silent where standard error is no
/// terminal. Thread-safe.
class ProgressBar {
 public:
  /// files and megapixels: of the whole batch, without what is skipped.
  ProgressBar(bool enabled, const Clock& clock, int files, double megapixels);
  ~ProgressBar();

  void BeginFile(const std::string& name, int number, double megapixels);
  /// done of total pixels of the current file.
  void Update(int64_t done, int64_t total);
  /// The file is over, finished or not.
  void EndFile();
  /// Takes the line away, prints `text` (with its newlines) to standard error, and
  /// brings the line back at the next update.
  void Print(const std::string& text);

 private:
  void Draw(bool force);
  void Erase();

  const bool enabled_;
  const Clock& clock_;
  std::mutex mutex_;  ///< Guards all below.
  const int files_;
  const double megapixels_;
  double finished_megapixels_ = 0;
  std::string name_;
  int number_ = 0;
  double file_megapixels_ = 0;
  double share_ = 0;
  bool is_drawn_ = false;
  std::chrono::steady_clock::time_point last_draw_;
  RateEstimate estimate_;
};

/// The progress line itself, at most `columns` wide.
std::string ProgressLine(const std::string& name, int number, int files, double share,
                         double megapixels_per_second, double file_seconds, double batch_seconds,
                         int columns);

/// "0:07", "12:30", "2:05:00"; "-:--" for negative seconds.
std::string ClockText(double seconds);

}  // namespace recover::cli

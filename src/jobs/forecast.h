// How long jobs will take: a line through what the latest ones took, and the queue played through.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace recover {

/// What one finished job took.
struct Measurement {
  double megapixels = 0;  ///< Of the output.
  double seconds = 0;     ///< Of work, without waiting.
};

/// seconds = fixed + per_megapixel * output megapixels.
struct SpeedLine {
  double fixed = 0.5;
  double per_megapixel = 1.7;  ///< Measured: general-fast on 2 cores, 2026-07.

  double Seconds(double megapixels) const { return fixed + per_megapixel * megapixels; }
};

/// The line through `latest`, the newest first, which counts most. Errors count by their ratio:
/// small jobs like large ones, twice like half. `before` says how the line is inclined where
/// jobs of about one size do not. fixed >= 0, per_megapixel > 0. O(n).
SpeedLine FitSpeed(std::span<const Measurement> latest, const SpeedLine& before = {});

/// A job that has not ended.
struct LiveJob {
  std::string process_id;
  int64_t key_id = 0;
  std::string network;
  double megapixels = 0;
  bool is_processing = false;
  int progress = 0;            ///< 0..100
  double elapsed_seconds = 0;  ///< Since it was claimed; >= 0.
};

/// All that decides who ends when.
struct QueueState {
  std::vector<LiveJob> jobs;                ///< In order of arrival.
  std::map<int64_t, int64_t> last_claims;   ///< By key: number of its latest claim; absent = 0.
  std::map<std::string, SpeedLine> speeds;  ///< By network; absent = SpeedLine{}.
  int workers = 1;
};

/// Seconds that a Processing job still needs once it has its worker.
double SecondsLeft(const LiveJob& job, const SpeedLine& speed);

/// Seconds from now until each job ends, in the order of state.jobs: those at work first, then
/// the Pending ones as JobQueue claims them. O(n log n).
std::vector<double> PlayQueue(const QueueState& state);

}  // namespace recover

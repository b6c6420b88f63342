#include "jobs/forecast.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <queue>
#include <utility>

namespace recover {
namespace {

/// Weight of a measurement relative to the one after it: the last ten count for nine tenths.
constexpr double kDecay = 0.8;
/// A line may not promise that pixels cost nothing.
constexpr double kLeastPerMegapixel = 1e-4;
constexpr double kLeastSeconds = 1e-3;
/// Until so much is done the pace so far says little.
constexpr int kTrustedProgress = 5;

/// Of the two points that keep the line's inclination sane, relative to all measurements.
constexpr double kInclinationWeight = 0.05;
constexpr int kRounds = 12;

struct Point {
  double megapixels = 0;
  double seconds = 0;
  double weight = 0;
};

// Iteratively reweighted least squares of (p - y)^2 / (p y), p the line of the round before at x:
// symmetric in p and y, so that twice and half are equally wrong, as with logarithms, while each
// round stays linear. (Relative errors (p - y) / y alone favour lines that are too low.)
SpeedLine FitOnce(std::span<const Point> points, const SpeedLine& last) {
  double w = 0, wx = 0, wxx = 0, wy = 0, wxy = 0;
  for (const Point& point : points) {
    const double weight = point.weight / (last.Seconds(point.megapixels) * point.seconds);
    w += weight;
    wx += weight * point.megapixels;
    wxx += weight * point.megapixels * point.megapixels;
    wy += weight * point.seconds;
    wxy += weight * point.megapixels * point.seconds;
  }
  const double determinant = w * wxx - wx * wx;
  SpeedLine line = last;
  if (determinant > 1e-9 * w * wxx) {
    line = {.fixed = (wy * wxx - wxy * wx) / determinant,
            .per_megapixel = (wxy * w - wy * wx) / determinant};
  }
  // On the border where the best line crosses it.
  if (line.fixed < 0) {
    line = {.fixed = 0, .per_megapixel = wxy / wxx};
  } else if (line.per_megapixel < kLeastPerMegapixel) {
    line = {.fixed = std::max(0.0, (wy - kLeastPerMegapixel * wx) / w),
            .per_megapixel = kLeastPerMegapixel};
  }
  return line;
}

/// The Pending jobs in the order in which JobQueue claims them: indexes into state.jobs.
std::vector<size_t> FairOrder(const QueueState& state) {
  std::map<int64_t, std::deque<size_t>> waiting;
  for (size_t i = 0; i < state.jobs.size(); ++i) {
    if (!state.jobs[i].is_processing) {
      waiting[state.jobs[i].key_id].push_back(i);
    }
  }
  int64_t claims = 0;
  for (const auto& [key_id, claim] : state.last_claims) {
    claims = std::max(claims, claim);
  }
  // (last claim, key): the least is served next.
  using Turn = std::pair<int64_t, int64_t>;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns;
  for (const auto& [key_id, jobs] : waiting) {
    const auto last = state.last_claims.find(key_id);
    turns.emplace(last == state.last_claims.end() ? 0 : last->second, key_id);
  }
  std::vector<size_t> order;
  while (!turns.empty()) {
    const int64_t key_id = turns.top().second;
    turns.pop();
    std::deque<size_t>& jobs = waiting[key_id];
    order.push_back(jobs.front());
    jobs.pop_front();
    if (!jobs.empty()) {
      turns.emplace(++claims, key_id);
    } else {
      ++claims;
    }
  }
  return order;
}

/// Processing jobs, furthest first: a worker may hold a second one that waits for the first.
std::vector<size_t> AtWork(const QueueState& state) {
  std::vector<size_t> order;
  for (size_t i = 0; i < state.jobs.size(); ++i) {
    if (state.jobs[i].is_processing) {
      order.push_back(i);
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return state.jobs[a].elapsed_seconds > state.jobs[b].elapsed_seconds;
  });
  return order;
}

}  // namespace

SpeedLine FitSpeed(std::span<const Measurement> latest, const SpeedLine& before) {
  if (latest.empty()) {
    return before;
  }
  std::vector<Point> points;
  double weight = 1, weights = 0, mean_megapixels = 0, mean_log_ratio = 0;
  for (const Measurement& m : latest) {
    const Point point{.megapixels = std::max(m.megapixels, 0.0),
                      .seconds = std::max(m.seconds, kLeastSeconds),
                      .weight = weight};
    points.push_back(point);
    weights += weight;
    mean_megapixels += weight * point.megapixels;
    mean_log_ratio += weight * std::log(point.seconds / before.Seconds(point.megapixels));
    weight *= kDecay;
  }
  mean_megapixels /= weights;
  // The old line, brought to the level of what was measured, at two sizes apart.
  const double ratio = std::exp(mean_log_ratio / weights);
  const SpeedLine level{.fixed = before.fixed * ratio,
                        .per_megapixel = before.per_megapixel * ratio};
  for (const double megapixels : {mean_megapixels * 0.25, mean_megapixels * 4 + 1}) {
    points.push_back({.megapixels = megapixels,
                      .seconds = std::max(level.Seconds(megapixels), kLeastSeconds),
                      .weight = kInclinationWeight * weights});
  }
  SpeedLine line = level;
  for (int round = 0; round < kRounds; ++round) {
    line = FitOnce(points, line);
  }
  return line;
}

double SecondsLeft(const LiveJob& job, const SpeedLine& speed) {
  const double done = std::clamp(job.progress, 0, 100) / 100.0;
  const double by_speed = speed.Seconds(job.megapixels) * (1 - done);
  if (job.progress < kTrustedProgress) {
    return by_speed;
  }
  const double by_pace = job.elapsed_seconds * (1 - done) / done;
  return (1 - done) * by_speed + done * by_pace;
}

std::vector<double> PlayQueue(const QueueState& state) {
  const auto speed_of = [&](const LiveJob& job) {
    const auto speed = state.speeds.find(job.network);
    return speed == state.speeds.end() ? SpeedLine{} : speed->second;
  };
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (int worker = 0; worker < std::max(1, state.workers); ++worker) {
    free_at.push(0);
  }
  std::vector<double> ends(state.jobs.size(), 0);
  const auto run = [&](size_t index, double seconds) {
    ends[index] = free_at.top() + seconds;
    free_at.pop();
    free_at.push(ends[index]);
  };
  for (const size_t index : AtWork(state)) {
    run(index, SecondsLeft(state.jobs[index], speed_of(state.jobs[index])));
  }
  for (const size_t index : FairOrder(state)) {
    run(index, speed_of(state.jobs[index]).Seconds(state.jobs[index].megapixels));
  }
  return ends;
}

}  // namespace recover

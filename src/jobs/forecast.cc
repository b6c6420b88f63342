#include "jobs/forecast.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <queue>
#include <utility>

namespace recover {
namespace {

/// Weight of a measurement relative to the one after it: the last ten count for two thirds.
constexpr double kDecay = 0.9;
/// A line may not promise that pixels cost nothing.
constexpr double kLeastPerMegapixel = 1e-4;
constexpr double kLeastSeconds = 1e-3;
/// Until so much is done the pace so far says little.
constexpr int kTrustedProgress = 5;

// Weighted least squares of the relative error (fixed + slope x - y) / y: with u = 1/y and
// v = x/y the line fixed * u + slope * v = 1, whose normal equations have these sums.
struct Sums {
  double uu = 0, uv = 0, vv = 0, u = 0, v = 0;

  void Add(const Measurement& m, double weight) {
    const double inverse = 1 / std::max(m.seconds, kLeastSeconds);
    const double ratio = m.megapixels * inverse;
    uu += weight * inverse * inverse;
    uv += weight * inverse * ratio;
    vv += weight * ratio * ratio;
    u += weight * inverse;
    v += weight * ratio;
  }
};

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
  Sums sums;
  double weight = 1;
  double mean_megapixels = 0, weights = 0;
  for (const Measurement& m : latest) {
    sums.Add(m, weight);
    mean_megapixels += weight * m.megapixels;
    weights += weight;
    weight *= kDecay;
  }
  mean_megapixels /= weights;
  // What was believed before, as two points of half a weight each, apart enough to make a line
  // even if all measurements are of one size; and it fades as knowledge comes.
  const double prior_weight = 0.5 / static_cast<double>(latest.size());
  for (const double megapixels : {mean_megapixels * 0.25, mean_megapixels * 4 + 1}) {
    sums.Add({.megapixels = megapixels, .seconds = before.Seconds(megapixels)}, prior_weight);
  }
  const double determinant = sums.uu * sums.vv - sums.uv * sums.uv;
  SpeedLine line{.fixed = 0, .per_megapixel = sums.v / std::max(sums.vv, 1e-12)};
  if (determinant > 1e-9 * sums.uu * sums.vv) {
    const double fixed = (sums.u * sums.vv - sums.v * sums.uv) / determinant;
    const double slope = (sums.v * sums.uu - sums.u * sums.uv) / determinant;
    if (fixed >= 0 && slope > 0) {
      line = {.fixed = fixed, .per_megapixel = slope};
    } else if (slope <= 0) {
      line = {.fixed = sums.u / sums.uu, .per_megapixel = 0};
    }
  }
  line.per_megapixel = std::max(line.per_megapixel, kLeastPerMegapixel);
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

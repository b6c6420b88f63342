// How often each key may ask: one token bucket a key.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "base/clock.h"

namespace recover {

/// A bucket holds one second's worth of requests, at least one. Thread-safe.
class RateLimiter {
 public:
  explicit RateLimiter(const Clock& clock) : clock_(clock) {}

  /// Takes a token. 0 = go on; otherwise the seconds, rounded up, until the next one.
  /// requests_per_second <= 0 = no limit.
  int64_t Take(int64_t key_id, double requests_per_second);

 private:
  struct Bucket {
    double tokens = 0;
    std::chrono::steady_clock::time_point filled_at;
  };
  const Clock& clock_;
  std::mutex mutex_;  ///< Guards buckets_.
  /// One for each key that asked: keys are made by the operator, so they are few.
  std::unordered_map<int64_t, Bucket> buckets_;
};

}  // namespace recover

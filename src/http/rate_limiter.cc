#include "http/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace recover {

int64_t RateLimiter::Take(int64_t key_id, double requests_per_second) {
  if (!(requests_per_second > 0)) {
    return 0;
  }
  const double capacity = std::max(1.0, requests_per_second);
  const auto now = clock_.Now();
  const std::scoped_lock lock(mutex_);
  const auto [entry, is_new] = buckets_.try_emplace(key_id, Bucket{capacity, now});
  Bucket& bucket = entry->second;
  const std::chrono::duration<double> waited = now - bucket.filled_at;
  bucket.tokens = std::min(capacity, bucket.tokens + waited.count() * requests_per_second);
  bucket.filled_at = now;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return 0;
  }
  const double seconds = (1 - bucket.tokens) / requests_per_second;
  return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(seconds)));
}

}  // namespace recover

// What all requests of one server share.
#pragma once

#include <atomic>
#include <semaphore>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "http/answer.h"
#include "http/metrics.h"
#include "http/rate_limiter.h"
#include "http/request.h"
#include "http/server.h"

namespace recover {

/// Fetches of source_url at once.
inline constexpr int kMostFetches = 8;

/// Thread-safe: constant after the start, but for what synchronises itself.
struct Edge {
  explicit Edge(ServerOptions server_options, ServerParts server_parts)
      : options(std::move(server_options)),
        parts(std::move(server_parts)),
        limiter(*options.clock) {}

  const ServerOptions options;
  const ServerParts parts;
  std::string public_url;     ///< Checked; empty = as the client says.
  std::string fallback_host;  ///< For requests without a Host.
  HttpMetrics metrics;
  RateLimiter limiter;
  std::counting_semaphore<kMostFetches> fetches{kMostFetches};
  std::atomic<bool> is_draining = false;
  std::stop_source stop;  ///< Ends fetches when the server goes.
};

/// True where X-Forwarded-* of this peer is believed.
bool IsTrustedProxy(const Edge& edge, const IpAddress& peer);

/// 127.0.0.0/8 and ::1.
bool IsLoopback(const IpAddress& address);

}  // namespace recover

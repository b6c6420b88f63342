// /metrics: what the edge counts itself and what the store counts, as Prometheus text.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "jobs/job_service.h"

namespace recover {

/// Thread-safe.
class HttpMetrics {
 public:
  HttpMetrics();
  ~HttpMetrics();

  /// `route`: the pattern of the route, never the path: the number of series stays bounded.
  void CountRequest(std::string_view method, std::string_view route, int status,
                    std::chrono::duration<double> duration);
  void CountConnection(int change);

  /// Text format 0.0.4.
  std::string ToText(const ServiceStats& stats) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace recover

#include "http/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace recover {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// From a status poll (below 1 ms) to an upload over a slow line.
const prometheus::Histogram::BucketBoundaries& Buckets() {
  static const auto* const buckets = new prometheus::Histogram::BucketBoundaries{
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  return *buckets;
}

// Methods are the client's to choose: unknown ones share a name.
std::string MethodLabel(std::string_view method) {
  for (const std::string_view known :
       {"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"}) {
    if (method == known) {
      return std::string(method);
    }
  }
  return "other";
}

struct Sample {
  double value;
  std::string label_name = {};
  std::string label_value = {};
};

MetricFamily MakeFamily(const char* name, const char* help, MetricType type,
                        std::initializer_list<Sample> samples) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  for (const Sample& sample : samples) {
    ClientMetric metric;
    if (!sample.label_name.empty()) {
      metric.label.push_back({sample.label_name, sample.label_value});
    }
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = sample.value;
    family.metric.push_back(std::move(metric));
  }
  return family;
}

void AppendStats(const ServiceStats& stats, std::vector<MetricFamily>& families) {
  const auto number = [](int64_t count) { return static_cast<double>(count); };
  families.push_back(MakeFamily("recover_queue_jobs", "Jobs now, by state", MetricType::Gauge,
                                {{number(stats.pending), "state", "pending"},
                                 {number(stats.processing), "state", "processing"}}));
  families.push_back(MakeFamily("recover_jobs_total", "Jobs that ended, by state",
                                MetricType::Counter,
                                {{number(stats.completed_total), "state", "completed"},
                                 {number(stats.failed_total), "state", "failed"},
                                 {number(stats.cancelled_total), "state", "cancelled"}}));
  families.push_back(MakeFamily("recover_output_megapixels_total", "Megapixels written",
                                MetricType::Counter, {{stats.output_megapixels_total}}));
  families.push_back(MakeFamily("recover_job_stage_seconds_total",
                                "Seconds of completed jobs, by stage", MetricType::Counter,
                                {{stats.decode_seconds_total, "stage", "decode"},
                                 {stats.resample_seconds_total, "stage", "resample"},
                                 {stats.network_seconds_total, "stage", "network"},
                                 {stats.encode_seconds_total, "stage", "encode"}}));
  families.push_back(MakeFamily("recover_job_seconds_total", "Seconds of completed jobs",
                                MetricType::Counter, {{stats.job_seconds_total}}));
  families.push_back(MakeFamily("recover_webhooks_pending", "Deliveries waiting", MetricType::Gauge,
                                {{number(stats.webhooks_pending)}}));
  families.push_back(MakeFamily("recover_webhooks_total", "Deliveries that ended",
                                MetricType::Counter,
                                {{number(stats.webhooks_delivered_total), "outcome", "delivered"},
                                 {number(stats.webhooks_dropped_total), "outcome", "dropped"}}));
}

}  // namespace

class HttpMetrics::Impl {
 public:
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter()
          .Name("recover_http_requests_total")
          .Help("Requests answered, by route and code")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds =
      prometheus::BuildHistogram()
          .Name("recover_http_request_seconds")
          .Help("Seconds from the request's head to the end of its answer, by route")
          .Register(registry);
  prometheus::Gauge& connections = prometheus::BuildGauge()
                                       .Name("recover_http_connections")
                                       .Help("Connections open now")
                                       .Register(registry)
                                       .Add({});
};

HttpMetrics::HttpMetrics() : impl_(std::make_unique<Impl>()) {}
HttpMetrics::~HttpMetrics() = default;

void HttpMetrics::CountRequest(std::string_view method, std::string_view route, int status,
                               std::chrono::duration<double> duration) {
  impl_->requests
      .Add({{"method", MethodLabel(method)},
            {"route", std::string(route)},
            {"code", std::to_string(status)}})
      .Increment();
  impl_->seconds.Add({{"route", std::string(route)}}, Buckets()).Observe(duration.count());
}

void HttpMetrics::CountConnection(int change) { impl_->connections.Increment(change); }

std::string HttpMetrics::ToText(const ServiceStats& stats) const {
  std::vector<MetricFamily> families = impl_->registry.Collect();
  AppendStats(stats, families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace recover

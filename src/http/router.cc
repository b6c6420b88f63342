#include "http/router.h"

#include <optional>

#include "http/handlers.h"
#include "http/uri.h"

namespace recover {
namespace {

constexpr Route kRoutes[] = {
    {"POST", "/image/v1/enhance-gen/async", true, BodyKind::kSubmit, Lane::kSlow, HandleSubmit},
    {"GET", "/image/v1/status", true, BodyKind::kNone, Lane::kQuick, HandleList},
    {"DELETE", "/image/v1/status", true, BodyKind::kNone, Lane::kSlow, HandleDeleteFinished},
    {"GET", "/image/v1/status/{process_id}", true, BodyKind::kNone, Lane::kQuick, HandleStatus},
    {"DELETE", "/image/v1/status/{process_id}", true, BodyKind::kNone, Lane::kSlow, HandleDelete},
    {"GET", "/image/v1/download/{process_id}", true, BodyKind::kNone, Lane::kQuick, HandleDownload},
    {"GET", "/image/v1/download/input/{process_id}", true, BodyKind::kNone, Lane::kQuick,
     HandleDownloadInput},
    {"DELETE", "/image/v1/cancel/{process_id}", true, BodyKind::kNone, Lane::kSlow, HandleCancel},
    {"POST", "/image/v1/estimate-gen", true, BodyKind::kSettings, Lane::kQuick, HandleEstimate},
    {"POST", "/image/v1/estimate-bulk", true, BodyKind::kJson, Lane::kQuick, HandleEstimateBulk},
    {"GET", "/account/v1/credits/balance", true, BodyKind::kNone, Lane::kQuick, HandleBalance},
    {"GET", "/files/{id}", false, BodyKind::kNone, Lane::kQuick, HandleFile},
    {"GET", "/healthz", false, BodyKind::kNone, Lane::kQuick, HandleHealth},
    {"GET", "/readyz", false, BodyKind::kNone, Lane::kQuick, HandleReady},
    {"GET", "/metrics", false, BodyKind::kNone, Lane::kQuick, HandleMetrics},
    {"GET", "/openapi.json", false, BodyKind::kNone, Lane::kQuick, HandleOpenApi},
    {"GET", "/docs", false, BodyKind::kNone, Lane::kQuick, HandleDocs},
    {"GET", "/docs/{asset}", false, BodyKind::kNone, Lane::kQuick, HandleDocsAsset},
    {"GET", "/", false, BodyKind::kNone, Lane::kQuick, HandleHome},
};

std::string_view NextSegment(std::string_view& path) {
  path.remove_prefix(1);  // the slash
  const size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

// What stands for the pattern's names; nothing when the path is another.
std::optional<std::vector<std::string>> MatchPath(std::string_view pattern, std::string_view path) {
  std::vector<std::string> values;
  while (pattern.starts_with('/') && path.starts_with('/')) {
    const std::string_view wanted = NextSegment(pattern);
    const std::string_view segment = NextSegment(path);
    if (!wanted.starts_with('{')) {
      if (wanted != segment) return std::nullopt;
      continue;
    }
    auto value = DecodePercent(segment, false);
    if (segment.empty() || !value) return std::nullopt;
    values.push_back(*std::move(value));
  }
  return pattern.empty() && path.empty() ? std::optional(std::move(values)) : std::nullopt;
}

bool Serves(const Route& route, std::string_view method) {
  return route.method == method || (method == "HEAD" && route.method == "GET");
}

}  // namespace

std::span<const Route> Routes() { return kRoutes; }

RouteMatch MatchRoute(std::string_view method, std::string_view path) {
  RouteMatch match;
  for (const Route& route : kRoutes) {
    // A literal path beats a pattern that would take it too: it is found first.
    if (!match.pattern.empty() && route.pattern != match.pattern) {
      continue;
    }
    auto values = MatchPath(route.pattern, path);
    if (!values) {
      continue;
    }
    match.pattern = route.pattern;
    match.allow += std::string(route.method) + ", " + (route.method == "GET" ? "HEAD, " : "");
    if (Serves(route, method)) {
      match.route = &route;
      match.values = *std::move(values);
    }
  }
  match.allow += "OPTIONS";
  return match;
}

}  // namespace recover

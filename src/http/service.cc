// The routes for people and machines that look after the server.
#include "http/assets.h"
#include "http/handlers.h"
#include "http/openapi.h"

namespace recover {
namespace {

// No inline script or style, nothing from elsewhere.
constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

Answer Page(const Asset& asset) {
  Answer answer;
  answer.content_type = asset.content_type;
  answer.body = asset.bytes;
  answer.headers.emplace_back("Content-Security-Policy", kPagePolicy);
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
  answer.headers.emplace_back("Cache-Control", "no-cache");
  return answer;
}

Answer PageNamed(std::string_view name) {
  const Asset* asset = FindAsset(name);
  return asset == nullptr ? ErrorAnswer(404, "there is nothing at this path") : Page(*asset);
}

}  // namespace

Answer HandleHealth(Edge&, Request&) { return JsonAnswer({{"status", "ok"}}); }

Answer HandleReady(Edge& edge, Request&) {
  if (edge.is_draining) {
    return ErrorAnswer(503, "the server is stopping");
  }
  if (const Status ready = edge.parts.service->CheckReady(); !ready.ok()) {
    return ErrorAnswer(503, ready.message());
  }
  if (edge.parts.workers_ready && !edge.parts.workers_ready()) {
    return ErrorAnswer(503, "no worker has loaded its model yet");
  }
  return JsonAnswer({{"status", "ready"}});
}

Answer HandleMetrics(Edge& edge, Request& request) {
  const auto stats = edge.parts.service->Stats();
  if (!stats) {
    return ErrorAnswer(stats.error(), request.id);
  }
  Answer answer;
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = edge.metrics.ToText(*stats);
  return answer;
}

Answer HandleOpenApi(Edge&, Request&) {
  Answer answer;
  answer.body = OpenApiText();
  return answer;
}

Answer HandleDocs(Edge&, Request&) { return PageNamed("docs.html"); }

Answer HandleDocsAsset(Edge&, Request& request) { return PageNamed(request.path_values.front()); }

Answer HandleHome(Edge&, Request&) { return PageNamed("index.html"); }

}  // namespace recover

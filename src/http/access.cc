#include "http/access.h"

#include "base/strings.h"
#include "http/host.h"

namespace recover {
namespace {

// Routes by which a supervisor looks after the process, from wherever it runs.
bool IsProbe(const Route& route) {
  return route.pattern == "/healthz" || route.pattern == "/readyz";
}

// The key's text; empty when none was sent.
std::string_view SentKey(const Request& request) {
  if (const std::string_view key = request.header("x-api-key"); !key.empty()) {
    return key;
  }
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view authorization = request.header("authorization");
  if (AsciiLower(authorization.substr(0, kScheme.size())) == kScheme) {
    return Trim(authorization.substr(kScheme.size()));
  }
  return {};
}

// A page of another site may make a browser on this machine send requests here (DNS rebinding
// makes them look same-origin): they carry that site's name in Host or Origin.
std::optional<Answer> CheckSingleUser(const Request& request) {
  if (!IsLoopback(request.peer)) {
    return ErrorAnswer(403, "in single-user mode only this machine itself is served");
  }
  if (!request.header("x-forwarded-for").empty() || !request.header("forwarded").empty()) {
    return ErrorAnswer(403, "in single-user mode no proxy may stand in front of the server");
  }
  const auto host = ParseHostPort(request.header("host"));
  if (!host || !IsLoopbackHost(*host)) {
    return ErrorAnswer(403,
                       "in single-user mode the server is called localhost, 127.0.0.1 or [::1]");
  }
  if (request.headers.contains("origin")) {
    const auto origin = ParseOrigin(request.header("origin"));
    if (!origin || !IsSameHost(*origin, *host)) {
      return ErrorAnswer(403, "in single-user mode pages of other sites are not served");
    }
  }
  return std::nullopt;
}

std::optional<Answer> CheckKey(Edge& edge, Request& request) {
  if (edge.options.single_user && edge.options.single_user_key) {
    request.key = *edge.options.single_user_key;
    return std::nullopt;
  }
  const std::string_view text = SentKey(request);
  if (text.empty()) {
    return ErrorAnswer(401, "an API key is needed, in the header X-API-Key");
  }
  auto key = edge.parts.service->Authenticate(text);
  if (!key) {
    return ErrorAnswer(key.error(), request.id);
  }
  request.key = *std::move(key);
  return std::nullopt;
}

}  // namespace

std::optional<Answer> CheckAccess(Edge& edge, const Route& route, Request& request) {
  if (edge.options.single_user && !IsProbe(route)) {
    if (auto refusal = CheckSingleUser(request)) {
      return refusal;
    }
  }
  if (!route.needs_key) {
    return std::nullopt;
  }
  if (auto refusal = CheckKey(edge, request)) {
    return refusal;
  }
  if (const int64_t wait = edge.limiter.Take(request.key.key_id, request.key.requests_per_second)) {
    Answer answer = ErrorAnswer(
        429, "this key may not ask so often; try again in " + std::to_string(wait) + " s");
    answer.headers.back().second = std::to_string(wait);
    return answer;
  }
  if (route.body == BodyKind::kSubmit && edge.is_draining) {
    return ErrorAnswer(503, "the server is stopping and takes no new jobs; try again soon");
  }
  return std::nullopt;
}

}  // namespace recover

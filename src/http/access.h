// Who may ask: keys, single-user mode, the rate of each key.
#pragma once

#include <optional>

#include "http/answer.h"
#include "http/edge.h"
#include "http/request.h"
#include "http/router.h"

namespace recover {

/// Nothing when the request may go on; request.key is then set where the route needs one.
/// Answers 401, 403 (single-user mode: only loopback, by a loopback name, from no other
/// site), 429, 503 for submits while draining.
std::optional<Answer> CheckAccess(Edge& edge, const Route& route, Request& request);

}  // namespace recover

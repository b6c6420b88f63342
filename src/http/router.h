// The one table of routes: dispatch, 404, 405, OPTIONS, metrics' labels and openapi.json come
// from it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/edge.h"
#include "http/form.h"

namespace recover {

/// Which threads a handler runs on: quick ones read the store; others may write, sync or fetch.
enum class Lane { kQuick, kSlow };

struct Route {
  std::string_view method;   ///< "GET" serves HEAD too.
  std::string_view pattern;  ///< "/image/v1/status/{process_id}"
  bool needs_key = false;
  BodyKind body = BodyKind::kNone;
  Lane lane = Lane::kQuick;
  Answer (*handle)(Edge& edge, Request& request) = nullptr;
};

std::span<const Route> Routes();

struct RouteMatch {
  const Route* route = nullptr;     ///< Null: no such path, or not by this method.
  std::string_view pattern;         ///< Of the path, whatever the method; empty = no such path.
  std::vector<std::string> values;  ///< What stands for {names}, decoded.
  std::string allow;                ///< "GET, HEAD, OPTIONS": of the path.
};
RouteMatch MatchRoute(std::string_view method, std::string_view path);

}  // namespace recover

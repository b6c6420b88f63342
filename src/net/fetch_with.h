// fetch.h with the resolver as a seam, for its tests.
#pragma once

#include "net/fetch.h"
#include "net/resolver.h"

namespace recover {

/// FetchUrl() with the names looked up by `resolver`.
Status FetchUrlWith(const Resolver& resolver, std::string_view url, const AddressGuard& guard,
                    const FetchLimits& limits,
                    const std::function<Status(std::string_view piece)>& sink,
                    const std::stop_token& stop);

/// PostJson() with the names looked up by `resolver`.
Result<int> PostJsonWith(const Resolver& resolver, std::string_view url, std::string_view body,
                         const std::vector<std::pair<std::string, std::string>>& headers,
                         const AddressGuard& guard, const FetchLimits& limits,
                         const std::stop_token& stop);

}  // namespace recover

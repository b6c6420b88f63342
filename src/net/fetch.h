// Outgoing HTTP that a stranger may steer: downloads of source_url, posts to webhook_url.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/address_guard.h"

namespace recover {

/// Limits of one exchange, redirects included.
struct FetchLimits {
  int64_t max_bytes = 500'000'000;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds total_timeout{30'000};
  int max_redirects = 5;
};

/// OK for http and https URLs with a host, without credentials, of at most 2048 bytes.
/// `field` opens the sentence ("webhook_url"). Looks at the text alone; a literal address
/// is checked by `guard` too. Errors: kInvalidArgument.
Status CheckUrl(std::string_view url, std::string_view field, const AddressGuard& guard);

/// GETs `url` and hands the body on in pieces. Every address connected to, also after a
/// redirect, is one that `guard` allows; the name is resolved once per hop and the
/// connection made to the address that was checked. Errors: kInvalidArgument when an
/// address is not allowed, the URL answers an error or there are too many redirects;
/// kTooLarge; kUnavailable on time-outs and failing connections; `sink`'s own; kCancelled.
/// Thread-safe.
Status FetchUrl(std::string_view url, const AddressGuard& guard, const FetchLimits& limits,
                const std::function<Status(std::string_view piece)>& sink,
                const std::stop_token& stop);

/// POSTs `body`; no redirects are followed. The answer's HTTP status.
/// Errors: as FetchUrl's when no answer came.
Result<int> PostJson(std::string_view url, std::string_view body,
                     const std::vector<std::pair<std::string, std::string>>& headers,
                     const AddressGuard& guard, const FetchLimits& limits,
                     const std::stop_token& stop);

}  // namespace recover

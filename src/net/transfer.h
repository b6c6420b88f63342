// One request and its answer over libcurl, to addresses that are given; follows nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/address_guard.h"
#include "net/url.h"

namespace recover {

struct TransferRequest {
  const HttpUrl* url = nullptr;
  std::span<const IpAddress> addresses;  ///< Where to connect, in this order; no name is looked up.
  const std::string* post_body = nullptr;  ///< Null = GET.
  std::span<const std::pair<std::string, std::string>> headers;
  int64_t max_bytes = 0;  ///< Of the answer's body.
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::steady_clock::time_point deadline;
  std::chrono::seconds stall_timeout{0};  ///< Without a byte for so long = failed. 0 = no limit.
  std::string ca_file;            ///< Certificates trusted in place of the system's; empty = those.
  bool status_is_enough = false;  ///< What follows a status may be late, long or cut.
};

struct TransferAnswer {
  int status = 0;        ///< 200, 302, 404 ...
  std::string location;  ///< Of a redirect, as sent; empty when there is none.
};

/// Runs the exchange. Only the body of a 2xx answer goes to `sink`; of others nothing is read.
/// Each address is shown to `guard` in the moment its socket is made, so nothing can come between
/// the check and the connection. No proxy, .netrc, cookies or credentials are used.
/// Errors: kInvalidArgument (address not allowed), kTooLarge, kUnavailable, kCancelled, `sink`'s.
/// Thread-safe.
Result<TransferAnswer> RunTransfer(const TransferRequest& request, const AddressGuard& guard,
                                   const std::function<Status(std::string_view piece)>& sink,
                                   const std::stop_token& stop);

}  // namespace recover

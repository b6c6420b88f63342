#include "net/fetch.h"

#include <algorithm>

#include "net/fetch_with.h"
#include "net/transfer.h"
#include "net/url.h"

namespace recover {
namespace {

// Enough to read a short answer to its end, so that the receiver sees its connection closed in
// order; a longer one is cut, its status known.
constexpr int64_t kMaxPostAnswerBytes = 64 << 10;
// A server that sends nothing for so long is taken for dead, whatever the total time.
constexpr std::chrono::seconds kStall{15};

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The addresses of the URL's host that may be connected to. Looked up once: what is checked
// here is what the transfer connects to.
Result<std::vector<IpAddress>> AllowedAddresses(const HttpUrl& url, const Resolver& resolver,
                                                const AddressGuard& guard,
                                                std::chrono::steady_clock::time_point deadline,
                                                const std::stop_token& stop) {
  std::vector<IpAddress> addresses;
  if (url.address) {
    addresses.push_back(*url.address);
  } else {
    RECOVER_ASSIGN_OR_RETURN(addresses, resolver.Resolve(url.host, deadline, stop));
  }
  std::erase_if(addresses, [&](const IpAddress& address) { return !guard.Allows(address); });
  if (addresses.empty()) {
    return Status(StatusCode::kInvalidArgument, std::string(kClosedAddress));
  }
  return addresses;
}

Status CheckFetched(const TransferAnswer& answer, const std::string& host) {
  if (answer.status >= 200 && answer.status < 300) {
    return Status::Ok();
  }
  if (answer.status >= 500) {
    return {StatusCode::kInvalidArgument,
            host + " answered " + std::to_string(answer.status) + ": it has a fault of its own"};
  }
  return {StatusCode::kInvalidArgument, host + " answered " + std::to_string(answer.status) +
                                            " instead of the file; is the URL right, and open " +
                                            "to all?"};
}

}  // namespace

Status FetchUrlWith(const Resolver& resolver, std::string_view url, const AddressGuard& guard,
                    const FetchLimits& limits,
                    const std::function<Status(std::string_view piece)>& sink,
                    const std::stop_token& stop) {
  const auto deadline = std::chrono::steady_clock::now() + limits.total_timeout;
  RECOVER_ASSIGN_OR_RETURN(HttpUrl hop, ParseHttpUrl(url, ""));
  for (int redirects = 0;; ++redirects) {
    RECOVER_ASSIGN_OR_RETURN(const std::vector<IpAddress> addresses,
                             AllowedAddresses(hop, resolver, guard, deadline, stop));
    TransferRequest request{.url = &hop,
                            .addresses = addresses,
                            .headers = {},
                            .max_bytes = limits.max_bytes,
                            .connect_timeout = limits.connect_timeout,
                            .deadline = deadline,
                            .stall_timeout = kStall};
    RECOVER_ASSIGN_OR_RETURN(const TransferAnswer answer, RunTransfer(request, guard, sink, stop));
    if (!IsRedirect(answer.status) || answer.location.empty()) {
      return CheckFetched(answer, hop.host);
    }
    if (redirects >= limits.max_redirects) {
      return {StatusCode::kInvalidArgument,
              "more than " + std::to_string(limits.max_redirects) + " redirects"};
    }
    RECOVER_ASSIGN_OR_RETURN(hop, FollowRedirect(hop, answer.location));
  }
}

Result<int> PostJsonWith(const Resolver& resolver, std::string_view url, std::string_view body,
                         const std::vector<std::pair<std::string, std::string>>& headers,
                         const AddressGuard& guard, const FetchLimits& limits,
                         const std::stop_token& stop) {
  const auto deadline = std::chrono::steady_clock::now() + limits.total_timeout;
  RECOVER_ASSIGN_OR_RETURN(const HttpUrl target, ParseHttpUrl(url, ""));
  RECOVER_ASSIGN_OR_RETURN(const std::vector<IpAddress> addresses,
                           AllowedAddresses(target, resolver, guard, deadline, stop));
  const std::string post_body(body);
  std::vector<std::pair<std::string, std::string>> all_headers = headers;
  all_headers.emplace_back("Content-Type", "application/json");
  const TransferRequest request{.url = &target,
                                .addresses = addresses,
                                .post_body = &post_body,
                                .headers = all_headers,
                                .max_bytes = std::min(limits.max_bytes, kMaxPostAnswerBytes),
                                .connect_timeout = limits.connect_timeout,
                                .deadline = deadline,
                                .status_is_enough = true};
  const auto pass_over = [](std::string_view) { return Status::Ok(); };
  RECOVER_ASSIGN_OR_RETURN(const TransferAnswer answer,
                           RunTransfer(request, guard, pass_over, stop));
  return answer.status;
}

Status FetchUrl(std::string_view url, const AddressGuard& guard, const FetchLimits& limits,
                const std::function<Status(std::string_view piece)>& sink,
                const std::stop_token& stop) {
  return FetchUrlWith(Resolver::System(), url, guard, limits, sink, stop);
}

Result<int> PostJson(std::string_view url, std::string_view body,
                     const std::vector<std::pair<std::string, std::string>>& headers,
                     const AddressGuard& guard, const FetchLimits& limits,
                     const std::stop_token& stop) {
  return PostJsonWith(Resolver::System(), url, body, headers, guard, limits, stop);
}

}  // namespace recover

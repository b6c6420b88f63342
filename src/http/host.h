// Who the client believes to talk to: Host, Origin and X-Forwarded-*.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace recover {

/// "photos.example:8080", "127.0.0.1", "[::1]:80" taken apart.
struct HostPort {
  std::string host;  ///< In lower case; IPv6 with its brackets.
  int port = 0;      ///< 0 = none written.
};

/// Letters, digits, '-', '.', '_' or a bracketed IPv6 address; a port from 1 to 65535. Nothing
/// else: the text goes into URLs and headers.
std::optional<HostPort> ParseHostPort(std::string_view text);

/// True for localhost, 127.0.0.0/8 and [::1]: names that no stranger's DNS can point elsewhere.
bool IsLoopbackHost(const HostPort& host);

/// "http://host:port" or "https://..." as an Origin header holds it; nothing for "null" and others.
struct WebOrigin {
  bool is_https = false;
  HostPort host;
};
std::optional<WebOrigin> ParseOrigin(std::string_view text);

/// True when both are one host and port, default ports filled in by `is_https`.
bool IsSameHost(const WebOrigin& origin, const HostPort& host);

/// What the request says of the way it came.
struct OriginHeaders {
  std::string_view host;             ///< Empty = none (HTTP/1.0).
  std::string_view forwarded_proto;  ///< These three only where the peer is a trusted proxy.
  std::string_view forwarded_host;
  std::string_view forwarded_prefix;
};

/// Scheme, host and path prefix for absolute URLs: "https://photos.example/recover", without a
/// slash at the end. `fallback_host` stands in where no Host was sent.
/// Errors: kInvalidArgument for a Host or a forwarded value that is none.
Result<std::string> ClientOrigin(const OriginHeaders& headers, bool is_tls,
                                 std::string_view fallback_host);

/// An http(s) URL of scheme, host and path alone, without slashes at its end. Errors:
/// kInvalidArgument.
Result<std::string> CheckPublicUrl(std::string_view url);

}  // namespace recover

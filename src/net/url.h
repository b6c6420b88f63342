// http and https URLs as libcurl understands them, so that what is checked is what is asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/address_guard.h"

namespace recover {

/// Ends the sentence about an address that the guard refuses. Does not name the address: what a
/// name means inside the operator's network is not the client's to learn.
inline constexpr std::string_view kClosedAddress =
    "leads to an address that is not public, where this server may not connect";

/// A URL taken apart. A value type.
struct HttpUrl {
  std::string text;  ///< Normalised: what is handed to libcurl.
  std::string host;  ///< A name, or an address without brackets; numbers already dotted.
  int port = 80;
  /// Where the host is an address, in whatever form it was written (0x7f.1, 2130706433).
  std::optional<IpAddress> address;
};

/// Errors: kInvalidArgument, its sentence opening with `field` (unless empty), when the text is no
/// http(s) URL with a host, carries a user name, or is longer than 2048 bytes.
Result<HttpUrl> ParseHttpUrl(std::string_view url, std::string_view field);

/// Where `location`, often relative, leads from `base`. Errors: as ParseHttpUrl.
Result<HttpUrl> FollowRedirect(const HttpUrl& base, std::string_view location);

}  // namespace recover

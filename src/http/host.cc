#include "http/host.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"
#include "net/address_guard.h"

namespace recover {
namespace {

bool IsNameSign(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// "/recover/photos": safe to stand in a URL and a header as it is.
bool IsPathPrefix(std::string_view path) {
  constexpr std::string_view kMarks = "/-._~";
  return path.size() <= 256 && path.starts_with('/') && path.find("//") == std::string_view::npos &&
         path.find("..") == std::string_view::npos &&
         std::all_of(path.begin(), path.end(), [&](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  kMarks.find(c) != std::string_view::npos;
         });
}

// A chain of proxies lists its values; the first is the client's.
std::string_view FirstOf(std::string_view list) { return Trim(list.substr(0, list.find(','))); }

std::string_view WithoutSlash(std::string_view path) {
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  return path;
}

std::string TextOf(const HostPort& host) {
  return host.port == 0 ? host.host : host.host + ":" + std::to_string(host.port);
}

Status BadHeader(std::string_view name) {
  return {StatusCode::kInvalidArgument,
          "the header " + std::string(name) + " is not of the form it must have"};
}

}  // namespace

std::optional<HostPort> ParseHostPort(std::string_view text) {
  HostPort parsed;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view address = text.substr(1, end - 1);
    if (address.find(':') == std::string_view::npos || !ParseIpAddress(address)) {
      return std::nullopt;
    }
    parsed.host = AsciiLower(text.substr(0, end + 1));
    rest = text.substr(end + 1);
  } else {
    const size_t colon = text.find(':');
    parsed.host = AsciiLower(text.substr(0, colon));
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    if (parsed.host.empty() || parsed.host.size() > 253 ||
        !std::all_of(parsed.host.begin(), parsed.host.end(), IsNameSign)) {
      return std::nullopt;
    }
  }
  if (rest.empty()) {
    return parsed;
  }
  const std::string_view port = rest.substr(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (rest[0] != ':' || error != std::errc() || end != port.data() + port.size() ||
      parsed.port < 1 || parsed.port > 65535) {
    return std::nullopt;
  }
  return parsed;
}

bool IsLoopbackHost(const HostPort& host) {
  if (host.host == "localhost" || host.host == "[::1]") {
    return true;
  }
  return host.host.starts_with("127.") && ParseIpAddress(host.host).has_value();
}

std::optional<WebOrigin> ParseOrigin(std::string_view text) {
  WebOrigin origin;
  const std::string lower = AsciiLower(text);
  std::string_view rest = lower;
  if (rest.starts_with("https://")) {
    origin.is_https = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  auto host = ParseHostPort(rest);
  if (!host) {
    return std::nullopt;
  }
  origin.host = *std::move(host);
  return origin;
}

bool IsSameHost(const WebOrigin& origin, const HostPort& host) {
  const int default_port = origin.is_https ? 443 : 80;
  const auto port = [&](int written) { return written == 0 ? default_port : written; };
  return origin.host.host == host.host && port(origin.host.port) == port(host.port);
}

Result<std::string> ClientOrigin(const OriginHeaders& headers, bool is_tls,
                                 std::string_view fallback_host) {
  std::string scheme = is_tls ? "https" : "http";
  if (!headers.forwarded_proto.empty()) {
    scheme = AsciiLower(FirstOf(headers.forwarded_proto));
    if (scheme != "http" && scheme != "https") return BadHeader("X-Forwarded-Proto");
  }
  // Host is checked even where a proxy overrules it.
  const auto sent = ParseHostPort(headers.host.empty() ? fallback_host : headers.host);
  if (!sent) return BadHeader("Host");
  auto host =
      headers.forwarded_host.empty() ? sent : ParseHostPort(FirstOf(headers.forwarded_host));
  if (!host) return BadHeader("X-Forwarded-Host");
  std::string origin = scheme + "://" + TextOf(*host);
  if (!headers.forwarded_prefix.empty()) {
    const std::string_view prefix = FirstOf(headers.forwarded_prefix);
    if (!IsPathPrefix(prefix)) return BadHeader("X-Forwarded-Prefix");
    origin += WithoutSlash(prefix);
  }
  return origin;
}

Result<std::string> CheckPublicUrl(std::string_view url) {
  const std::string_view bare = WithoutSlash(url);
  const size_t scheme_end = bare.find("://");
  if (scheme_end != std::string_view::npos) {
    const size_t path = bare.find('/', scheme_end + 3);
    const bool has_path = path != std::string_view::npos;
    if (ParseOrigin(bare.substr(0, path)) && (!has_path || IsPathPrefix(bare.substr(path)))) {
      return std::string(bare);
    }
  }
  return Status(StatusCode::kInvalidArgument,
                "the public URL must be of the form https://host or https://host/path");
}

}  // namespace recover

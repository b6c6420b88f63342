#include "net/url.h"

#include <charconv>
#include <memory>

#include <curl/curl.h>

#include "base/strings.h"
#include "net/fetch.h"

namespace recover {
namespace {

constexpr size_t kMaxUrlBytes = 2048;

struct UrlCloser {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlCloser>;

Status Wrong(std::string_view field, std::string_view reason) {
  const Status wrong(StatusCode::kInvalidArgument, std::string(reason));
  return field.empty() ? wrong : wrong.WithContext(field);
}

// Why libcurl refused the text, in a person's words.
Status WrongUrl(std::string_view field, CURLUcode code) {
  switch (code) {
    case CURLUE_BAD_SCHEME:
    case CURLUE_UNSUPPORTED_SCHEME:
      return Wrong(field, "must be a URL that starts with http:// or https://");
    case CURLUE_USER_NOT_ALLOWED:
    case CURLUE_BAD_USER:
    case CURLUE_BAD_PASSWORD:
    case CURLUE_BAD_LOGIN:
      return Wrong(field, "must carry no user name or password");
    case CURLUE_BAD_PORT_NUMBER:
      return Wrong(field, "has a port that is not a number from 1 to 65535");
    case CURLUE_NO_HOST:
    case CURLUE_BAD_HOSTNAME:
    case CURLUE_BAD_IPV6:
      return Wrong(field, "has no host, or one that is not a name or an address");
    default:
      return Wrong(field, "is not a URL (" + std::string(curl_url_strerror(code)) + ")");
  }
}

// One part of the URL; empty where it has none.
std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) {
    return {};
  }
  std::string copy(text);
  curl_free(text);
  return copy;
}

// Brackets and the zone ("%eth0") are no part of an address.
std::string BareHost(std::string host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    host = host.substr(0, host.find('%'));
  }
  return host;
}

// "localhost" and what is under it are this machine by RFC 6761, whatever a resolver says.
bool IsLocalhost(std::string_view host) {
  std::string name = AsciiLower(host);
  if (name.ends_with('.')) {
    name.pop_back();
  }
  return name == "localhost" || name.ends_with(".localhost");
}

// `url` on its own, or relative to what `handle` holds already.
Result<HttpUrl> ParseOnce(CURLU* handle, std::string_view url, std::string_view field) {
  if (url.size() > kMaxUrlBytes) {
    return Wrong(field, "is longer than 2048 bytes");
  }
  if (url.find('\0') != std::string_view::npos) {
    return Wrong(field, "is not a URL (a zero byte in it)");
  }
  // Percent-encodes what stands raw in the path, as browsers do.
  const CURLUcode code = curl_url_set(handle, CURLUPART_URL, std::string(url).c_str(),
                                      CURLU_DISALLOW_USER | CURLU_URLENCODE);
  if (code != CURLUE_OK) {
    return WrongUrl(field, code);
  }
  const std::string scheme = AsciiLower(Part(handle, CURLUPART_SCHEME));
  if (scheme != "http" && scheme != "https") {
    return WrongUrl(field, CURLUE_UNSUPPORTED_SCHEME);
  }
  HttpUrl parsed;
  parsed.host = BareHost(Part(handle, CURLUPART_HOST));
  // libcurl decodes a host's %7f and %25 and lets pass what no name has.
  if (parsed.host.empty() || parsed.host == "." ||
      parsed.host.find_first_of("%\x7f") != std::string::npos) {
    return WrongUrl(field, CURLUE_NO_HOST);
  }
  const std::string port = Part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (parsed.port < 1 || parsed.port > 65535) {
    return WrongUrl(field, CURLUE_BAD_PORT_NUMBER);
  }
  // What follows '#' is for the reader alone.
  curl_url_set(handle, CURLUPART_FRAGMENT, nullptr, 0);
  parsed.text = Part(handle, CURLUPART_URL);
  if (parsed.text.empty()) {
    return WrongUrl(field, CURLUE_MALFORMED_INPUT);
  }
  if (auto address = ParseIpAddress(parsed.host)) {
    parsed.address = *address;
  }
  return parsed;
}

// What is handed to libcurl must mean to it what it meant here. Percent-encoding in a host can
// hide a number on the first reading ("http://%30x7f.1/") or a second layer of itself.
Result<HttpUrl> Parse(CURLU* handle, std::string_view url, std::string_view field) {
  RECOVER_ASSIGN_OR_RETURN(HttpUrl parsed, ParseOnce(handle, url, field));
  const UrlHandle fresh(curl_url());
  RECOVER_ASSIGN_OR_RETURN(const HttpUrl again, ParseOnce(fresh.get(), parsed.text, field));
  if (again.host != parsed.host || again.text != parsed.text) {
    return WrongUrl(field, CURLUE_BAD_HOSTNAME);
  }
  return parsed;
}

}  // namespace

Result<HttpUrl> ParseHttpUrl(std::string_view url, std::string_view field) {
  const UrlHandle handle(curl_url());
  return Parse(handle.get(), url, field);
}

Result<HttpUrl> FollowRedirect(const HttpUrl& base, std::string_view location) {
  const UrlHandle handle(curl_url());
  const std::string field = "the redirect of " + base.host;
  curl_url_set(handle.get(), CURLUPART_URL, base.text.c_str(), 0);
  return Parse(handle.get(), location, field);
}

Status CheckUrl(std::string_view url, std::string_view field, const AddressGuard& guard) {
  RECOVER_ASSIGN_OR_RETURN(const HttpUrl parsed, ParseHttpUrl(url, field));
  static const IpAddress loopback = *ParseIpAddress("127.0.0.1");
  const bool closed = parsed.address ? !guard.Allows(*parsed.address)
                                     : IsLocalhost(parsed.host) && !guard.Allows(loopback);
  if (closed) {
    return Wrong(field, kClosedAddress);
  }
  return Status::Ok();
}

}  // namespace recover

// Fuzzes the URLs, redirects, addresses and networks that strangers and operators write: what is
// let through must be what it looks like, and no number in any spelling may lead inside.

#include <netdb.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include <netinet/in.h>

#include "net/fetch.h"
#include "net/url.h"

namespace {

using recover::AddressGuard;
using recover::HttpUrl;
using recover::IpAddress;

void Require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

// What the system's own resolver makes of a number, however it is written. Asks nobody.
std::optional<IpAddress> SystemAddress(const std::string& host) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
    return std::nullopt;
  }
  IpAddress address = *recover::ParseIpAddress("0.0.0.0");
  if (found->ai_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, found->ai_addr, sizeof v4);
    std::memcpy(address.bytes.data() + 12, &v4.sin_addr, 4);
  } else {
    sockaddr_in6 v6;
    std::memcpy(&v6, found->ai_addr, sizeof v6);
    std::memcpy(address.bytes.data(), &v6.sin6_addr, 16);
  }
  freeaddrinfo(found);
  return address;
}

void CheckParsed(const HttpUrl& url) {
  Require(url.text.starts_with("http://") || url.text.starts_with("https://"));
  Require(!url.host.empty() && url.port >= 1 && url.port <= 65535);
  for (const char character : url.text) {
    Require(static_cast<unsigned char>(character) > 0x20 && character != 0x7f);
  }
  const size_t authority = url.text.find("//") + 2;
  Require(url.text.substr(authority, url.text.find('/', authority) - authority).find('@') ==
          std::string::npos);
  // Read again it is the same URL: what was checked is what libcurl is handed.
  const auto again = recover::ParseHttpUrl(url.text, "again");
  Require(again.has_value() && again->host == url.host && again->port == url.port &&
          again->address == url.address && again->text == url.text);
  const auto numeric = SystemAddress(url.host);
  if (numeric && recover::CheckUrl(url.text, "url", AddressGuard()).ok()) {
    Require(AddressGuard().Allows(*numeric));
  }
}

void CheckAddresses(const std::string& text) {
  if (const auto address = recover::ParseIpAddress(text)) {
    Require(*recover::ParseIpAddress(address->ToText()) == *address);
    Require(SystemAddress(text) == *address);
  }
  if (const auto network = recover::ParseIpNetwork(text)) {
    Require(network->prefix_bits >= 0 && network->prefix_bits <= 128);
    Require(network->Contains(network->base));
    Require(AddressGuard({*network}).Allows(network->base));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto url = recover::ParseHttpUrl(text, "url")) {
    CheckParsed(*url);
  }
  static const HttpUrl base = *recover::ParseHttpUrl("http://photos.example:81/a/b?c", "base");
  if (const auto url = recover::FollowRedirect(base, text)) {
    CheckParsed(*url);
  }
  CheckAddresses(text);
  return 0;
}

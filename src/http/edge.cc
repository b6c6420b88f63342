#include "http/edge.h"

#include <algorithm>

namespace recover {

bool IsTrustedProxy(const Edge& edge, const IpAddress& peer) {
  const auto& proxies = edge.options.trusted_proxies;
  return std::any_of(proxies.begin(), proxies.end(),
                     [&](const IpNetwork& network) { return network.Contains(peer); });
}

bool IsLoopback(const IpAddress& address) {
  if (address.is_v4()) {
    return address.bytes[12] == 127;
  }
  IpAddress one;
  one.bytes[15] = 1;
  return address == one;
}

}  // namespace recover

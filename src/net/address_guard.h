// Which network addresses the server may connect to on a client's behalf (SSRF guard).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace recover {

/// An IP address: IPv4 as ::ffff:a.b.c.d.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};

  bool is_v4() const;
  std::string ToText() const;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// Dotted IPv4 or IPv6 text, nothing else. Errors: kInvalidArgument.
Result<IpAddress> ParseIpAddress(std::string_view text);

/// "10.0.0.0/8", "fd00::/8", "192.168.1.7".
struct IpNetwork {
  IpAddress base;
  int prefix_bits = 128;  ///< Of 128; IPv4's count from 96.

  bool Contains(const IpAddress& address) const;
};
/// Errors: kInvalidArgument.
Result<IpNetwork> ParseIpNetwork(std::string_view text);

/// Public unicast addresses, and what the operator allows beyond. A value type.
class AddressGuard {
 public:
  AddressGuard() = default;
  explicit AddressGuard(std::vector<IpNetwork> allowed) : allowed_(std::move(allowed)) {}

  /// False for loopback, private, link-local, multicast, reserved, documentation, carrier-grade
  /// NAT, 6to4/NAT64/Teredo and IPv4-mapped forms of these (IANA special-purpose registries).
  bool Allows(const IpAddress& address) const;

 private:
  std::vector<IpNetwork> allowed_;
};

}  // namespace recover

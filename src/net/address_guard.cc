#include "net/address_guard.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace recover {
namespace {

constexpr int kIpv4Bits = 96;  // What stands before an IPv4 address in its mapped form.
constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

IpAddress FromV4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  IpAddress address;
  std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
  address.bytes[12] = a;
  address.bytes[13] = b;
  address.bytes[14] = c;
  address.bytes[15] = d;
  return address;
}

// The four bytes from `at` on, as an IPv4 address.
IpAddress EmbeddedV4(const IpAddress& address, size_t at) {
  return FromV4(address.bytes[at], address.bytes[at + 1], address.bytes[at + 2],
                address.bytes[at + 3]);
}

struct Block {
  std::string_view network;
  std::string_view what;  // For readers of this table.
};

// IANA IPv4 Special-Purpose Address Registry (RFC 6890 and later entries): all that is not
// globally reachable, the retired 6to4 relays, multicast and the reserved top.
constexpr Block kClosedV4[] = {
    {"0.0.0.0/8", "this network, RFC 791"},
    {"10.0.0.0/8", "private, RFC 1918"},
    {"100.64.0.0/10", "carrier-grade NAT, RFC 6598"},
    {"127.0.0.0/8", "loopback, RFC 1122"},
    {"169.254.0.0/16", "link-local (and clouds' metadata), RFC 3927"},
    {"172.16.0.0/12", "private, RFC 1918"},
    {"192.0.0.0/24", "IETF protocol assignments, RFC 6890"},
    {"192.0.2.0/24", "documentation, RFC 5737"},
    {"192.88.99.0/24", "6to4 relays, RFC 7526"},
    {"192.168.0.0/16", "private, RFC 1918"},
    {"198.18.0.0/15", "benchmarking, RFC 2544"},
    {"198.51.100.0/24", "documentation, RFC 5737"},
    {"203.0.113.0/24", "documentation, RFC 5737"},
    {"224.0.0.0/4", "multicast, RFC 5771"},
    {"240.0.0.0/4", "reserved and broadcast, RFC 1112"},
};

// Global unicast is 2000::/3 (RFC 4291); all outside is closed: loopback, IPv4-compatible,
// fc00::/7, fe80::/10, fec0::/10, ff00::/8, 100::/64, 64:ff9b:1::/48, 5f00::/16 and what nobody
// has assigned. These blocks inside it are closed too (IANA IPv6 Special-Purpose Address Registry).
constexpr std::string_view kGlobalV6 = "2000::/3";
constexpr Block kClosedV6[] = {
    {"2001::/23", "IETF protocol assignments: Teredo, benchmarking, ORCHID, RFC 2928"},
    {"2001:db8::/32", "documentation, RFC 3849"},
    {"2002::/16", "6to4, RFC 3056, retired by RFC 7526"},
    {"3fff::/20", "documentation, RFC 9637"},
};
// IPv4 behind an IPv6-only network (RFC 6052): as good as the address inside.
constexpr std::string_view kNat64 = "64:ff9b::/96";

IpNetwork Fixed(std::string_view text) { return *ParseIpNetwork(text); }

template <size_t size>
std::vector<IpNetwork> Networks(const Block (&blocks)[size]) {
  std::vector<IpNetwork> networks;
  for (const Block& block : blocks) {
    networks.push_back(Fixed(block.network));
  }
  return networks;
}

bool ContainsAny(const std::vector<IpNetwork>& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.Contains(address); });
}

// ISATAP (RFC 5214) hides an IPv4 address behind any prefix: 0000:5efe or 0200:5efe, then it.
bool IsIsatap(const IpAddress& address) {
  return (address.bytes[8] & 0xfd) == 0 && address.bytes[9] == 0 && address.bytes[10] == 0x5e &&
         address.bytes[11] == 0xfe;
}

std::optional<int> ParsePrefix(std::string_view text, int max) {
  int bits = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && bits >= 0 && bits <= max ? std::optional(bits) : std::nullopt;
}

// Clears what stands behind the prefix.
IpAddress Masked(IpAddress address, int prefix_bits) {
  for (int bit = prefix_bits; bit < 128; ++bit) {
    address.bytes[static_cast<size_t>(bit / 8)] &= static_cast<uint8_t>(~(0x80U >> (bit % 8)));
  }
  return address;
}

}  // namespace

bool IpAddress::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

std::string IpAddress::ToText() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_v4()) {
    inet_ntop(AF_INET, bytes.data() + 12, text.data(), text.size());
  } else {
    inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  }
  return text.data();
}

Result<IpAddress> ParseIpAddress(std::string_view text) {
  const std::string copy(text);
  IpAddress address = FromV4(0, 0, 0, 0);
  // A NUL inside would cut the text that inet_pton sees.
  const bool clean = copy.find('\0') == std::string::npos;
  if (clean && (inet_pton(AF_INET, copy.c_str(), address.bytes.data() + 12) == 1 ||
                inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1)) {
    return address;
  }
  return Status(StatusCode::kInvalidArgument,
                "\"" + copy + "\" is not an IP address such as 192.0.2.1 or 2001:db8::1");
}

bool IpNetwork::Contains(const IpAddress& address) const {
  return Masked(address, prefix_bits) == Masked(base, prefix_bits);
}

Result<IpNetwork> ParseIpNetwork(std::string_view text) {
  const Status wrong(StatusCode::kInvalidArgument,
                     "\"" + std::string(text) +
                         "\" is not a network such as 10.0.0.0/8, fd00::/8 " + "or 192.168.1.7");
  const size_t slash = text.find('/');
  auto base = ParseIpAddress(text.substr(0, slash));
  if (!base) {
    return wrong;
  }
  IpNetwork network{.base = *base};
  if (slash != std::string_view::npos) {
    const bool dotted = text.find(':') == std::string_view::npos;
    const int before = dotted ? kIpv4Bits : 0;
    const auto bits = ParsePrefix(text.substr(slash + 1), 128 - before);
    if (!bits) {
      return wrong;
    }
    network.prefix_bits = before + *bits;
  }
  if (const IpAddress start = Masked(network.base, network.prefix_bits); start != network.base) {
    return Status(StatusCode::kInvalidArgument,
                  "\"" + std::string(text) + "\" has bits behind its prefix: the network is " +
                      start.ToText() + std::string(text.substr(slash)));
  }
  return network;
}

bool AddressGuard::Allows(const IpAddress& address) const {
  if (ContainsAny(allowed_, address)) {
    return true;
  }
  if (address.is_v4()) {
    static const std::vector<IpNetwork> closed = Networks(kClosedV4);
    return !ContainsAny(closed, address);
  }
  static const IpNetwork nat64 = Fixed(kNat64);
  if (nat64.Contains(address)) {
    return Allows(EmbeddedV4(address, 12));
  }
  static const IpNetwork global = Fixed(kGlobalV6);
  static const std::vector<IpNetwork> closed = Networks(kClosedV6);
  return global.Contains(address) && !ContainsAny(closed, address) &&
         (!IsIsatap(address) || Allows(EmbeddedV4(address, 12)));
}

}  // namespace recover

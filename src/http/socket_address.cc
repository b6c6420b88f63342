#include "http/socket_address.h"

#include <algorithm>
#include <cstring>

namespace recover {
namespace {

constexpr size_t kV4Offset = 12;  // of an IPv4 address in its IPv4-mapped form

}  // namespace

SocketAddress MakeSocketAddress(const IpAddress& address, int port) {
  SocketAddress made;
  if (address.is_v4()) {
    sockaddr_in v4 = {};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<uint16_t>(port));
    std::memcpy(&v4.sin_addr, address.bytes.data() + kV4Offset, sizeof(v4.sin_addr));
    std::memcpy(&made.storage_, &v4, sizeof(v4));
    made.length_ = sizeof(v4);
  } else {
    sockaddr_in6 v6 = {};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<uint16_t>(port));
    std::memcpy(&v6.sin6_addr, address.bytes.data(), address.bytes.size());
    std::memcpy(&made.storage_, &v6, sizeof(v6));
    made.length_ = sizeof(v6);
  }
  return made;
}

Result<SocketAddress> MakeSocketAddress(const std::string& host, int port) {
  std::string text = host == "localhost" ? "127.0.0.1" : host;
  if (text.starts_with('[') && text.ends_with(']')) {
    text = text.substr(1, text.size() - 2);
  }
  const auto address = ParseIpAddress(text);
  if (!address || port < 0 || port > 65535) {
    return Status(StatusCode::kInvalidArgument,
                  "\"" + host + "\" port " + std::to_string(port) +
                      " is no address to listen on; take one such as 127.0.0.1, 0.0.0.0 or ::1");
  }
  return MakeSocketAddress(*address, port);
}

IpAddress AddressOf(const sockaddr_storage& storage) {
  IpAddress address;
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    address.bytes[10] = address.bytes[11] = 0xFF;
    std::memcpy(address.bytes.data() + kV4Offset, &v4->sin_addr, sizeof(v4->sin_addr));
  } else if (storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    std::memcpy(address.bytes.data(), &v6->sin6_addr, address.bytes.size());
  }
  return address;
}

int PortOfSocket(int fd) {
  sockaddr_storage storage = {};
  socklen_t length = sizeof(storage);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    return 0;
  }
  return ntohs(storage.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

}  // namespace recover

// Addresses between the system's shapes and ours.
#pragma once

#include <string>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/result.h"
#include "net/address_guard.h"

namespace recover {

/// An address and port for bind() and the like.
class SocketAddress {
 public:
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t length() const { return length_; }

 private:
  friend Result<SocketAddress> MakeSocketAddress(const std::string& host, int port);
  friend SocketAddress MakeSocketAddress(const IpAddress& address, int port);
  sockaddr_storage storage_ = {};
  socklen_t length_ = 0;
};

/// `host`: literal IPv4 or IPv6, brackets allowed, or "localhost". Errors: kInvalidArgument.
Result<SocketAddress> MakeSocketAddress(const std::string& host, int port);
SocketAddress MakeSocketAddress(const IpAddress& address, int port);

/// The peer that accept() wrote.
IpAddress AddressOf(const sockaddr_storage& storage);

/// The port that a socket is bound to.
int PortOfSocket(int fd);

}  // namespace recover

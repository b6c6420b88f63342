// A small HTTP server on this machine, for tests: each answer is written by hand, so that it can
// be wrong, slow or endless.
#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/strings.h"
#include "base/unique_fd.h"

namespace recover {

struct LoopbackRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;
};

/// One client's connection, in the hands of a handler.
class LoopbackConnection {
 public:
  explicit LoopbackConnection(int fd, std::stop_token stop) : fd_(fd), stop_(std::move(stop)) {}

  /// False when the client has gone.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  /// Waits until the client goes or `time` is over or the server ends. True = the client is there.
  bool Linger(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!stop_.stop_requested() && std::chrono::steady_clock::now() < end) {
      pollfd entry{.fd = fd_, .events = POLLIN | POLLRDHUP, .revents = 0};
      if (poll(&entry, 1, 10) > 0) {
        return false;
      }
    }
    return !stop_.stop_requested();
  }

  bool ReadRequest(LoopbackRequest& request) {
    std::string bytes;
    size_t head = std::string::npos;
    while ((head = bytes.find("\r\n\r\n")) == std::string::npos) {
      if (!ReadMore(bytes)) {
        return false;
      }
    }
    ParseHead(bytes.substr(0, head), request);
    const auto length = request.headers.find("content-length");
    const size_t body = length == request.headers.end() ? 0 : std::stoul(length->second);
    while (bytes.size() < head + 4 + body) {
      if (!ReadMore(bytes)) {
        return false;
      }
    }
    request.body = bytes.substr(head + 4, body);
    return true;
  }

 private:
  bool ReadMore(std::string& bytes) {
    char piece[4096];
    pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
    while (poll(&entry, 1, 10) == 0) {
      if (stop_.stop_requested()) {
        return false;
      }
    }
    const ssize_t got = recv(fd_, piece, sizeof piece, 0);
    bytes.append(piece, static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return got > 0;
  }

  static void ParseHead(const std::string& head, LoopbackRequest& request) {
    const size_t method_end = head.find(' ');
    request.method = head.substr(0, method_end);
    request.target = head.substr(method_end + 1, head.find(' ', method_end + 1) - method_end - 1);
    for (size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
      const std::string line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
      const size_t colon = line.find(':');
      request.headers[AsciiLower(line.substr(0, colon))] = Trim(line.substr(colon + 1));
    }
  }

  int fd_;
  std::stop_token stop_;
};

/// Serves until it is dropped; each connection has a thread and one request. Thread-safe.
class LoopbackServer {
 public:
  using Handler = std::function<void(const LoopbackRequest&, LoopbackConnection&)>;

  /// `address`: "127.0.0.1", "127.0.0.2", "::1". port 0 = a free one.
  explicit LoopbackServer(Handler handler, const std::string& address = "127.0.0.1", int port = 0)
      : handler_(std::move(handler)), address_(address) {
    Listen(port);
    thread_ = std::jthread([this](const std::stop_token& stop) { Accept(stop); });
  }

  ~LoopbackServer() {
    thread_.request_stop();
    thread_.join();
  }

  int port() const { return port_; }
  std::string Url(std::string_view path = "/") const {
    const bool is_v6 = address_.find(':') != std::string::npos;
    return "http://" + (is_v6 ? "[" + address_ + "]" : address_) + ":" + std::to_string(port_) +
           std::string(path);
  }
  int connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }
  std::vector<LoopbackRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  /// True once `count` requests have come; false after `patience`.
  bool WaitForRequests(size_t count,
                       std::chrono::milliseconds patience = std::chrono::seconds(20)) const {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, patience, [&] { return requests_.size() >= count; });
  }

 private:
  void Listen(int port) {
    const bool is_v6 = address_.find(':') != std::string::npos;
    sockaddr_storage storage{};
    socklen_t size = is_v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if (is_v6) {
      auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons(static_cast<uint16_t>(port));
      RECOVER_CHECK(inet_pton(AF_INET6, address_.c_str(), &v6->sin6_addr) == 1);
    } else {
      auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
      v4->sin_family = AF_INET;
      v4->sin_port = htons(static_cast<uint16_t>(port));
      RECOVER_CHECK(inet_pton(AF_INET, address_.c_str(), &v4->sin_addr) == 1);
    }
    listener_ = UniqueFd(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    RECOVER_CHECK(bind(listener_.get(), address, size) == 0);
    RECOVER_CHECK(listen(listener_.get(), 64) == 0);
    RECOVER_CHECK(getsockname(listener_.get(), address, &size) == 0);
    port_ = ntohs(is_v6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                        : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
  }

  void Accept(const std::stop_token& stop) {
    std::list<std::jthread> clients;  // Joined when the server ends.
    while (!stop.stop_requested()) {
      pollfd entry{.fd = listener_.get(), .events = POLLIN, .revents = 0};
      if (poll(&entry, 1, 10) <= 0) {
        continue;
      }
      UniqueFd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client.valid()) {
        continue;
      }
      {
        const std::lock_guard lock(mutex_);
        ++connections_;
      }
      clients.emplace_back([this, stop, fd = std::move(client)] { Serve(fd.get(), stop); });
    }
  }

  void Serve(int fd, const std::stop_token& stop) {
    LoopbackConnection connection(fd, stop);
    LoopbackRequest request;
    if (!connection.ReadRequest(request)) {
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    came_.notify_all();
    handler_(request, connection);
    shutdown(fd, SHUT_WR);
  }

  Handler handler_;
  std::string address_;
  int port_ = 0;
  UniqueFd listener_;
  mutable std::mutex mutex_;  ///< Guards what follows.
  mutable std::condition_variable came_;
  int connections_ = 0;
  std::vector<LoopbackRequest> requests_;
  std::jthread thread_;  ///< Last: uses all of the above.
};

/// A whole answer that ends the connection.
inline std::string HttpAnswer(int status, std::string_view body, std::string_view headers = "") {
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " Told\r\nConnection: close\r\n";
  answer.append(headers).append("Content-Length: ").append(std::to_string(body.size()));
  return answer.append("\r\n\r\n").append(body);
}

}  // namespace recover

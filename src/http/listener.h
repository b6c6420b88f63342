// The listening socket and what happens before and after libmicrohttpd: caps, the first head of
// each connection, and closing without losing the last answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "http/connection_table.h"
#include "http/request_head.h"

namespace recover {

/// An open listening socket.
struct ListenSocket {
  UniqueFd fd;
  int port = 0;
};
/// `host`: a literal address. Errors: kInvalidArgument, kUnavailable when the port is taken or
/// may not be used.
Result<ListenSocket> OpenListenSocket(const std::string& host, int port);

/// One thread. It accepts, peeks at each connection's first head (libmicrohttpd answers malformed
/// ones in HTML) and hands good ones on; ends overdue connections of the table; and reads on for
/// a while where an answer was sent before its request's end, since closing at once would make
/// the system throw the answer away (RFC 9112, section 9.6). Thread-safe.
class Listener {
 public:
  struct Events {
    /// Takes over a descriptor with something good to read. The connection's id in the table.
    std::function<int64_t(UniqueFd fd, const IpAddress& peer)> on_connection;
    /// A connection was refused with this answer.
    std::function<void(const IpAddress& peer, const Refusal& refusal)> on_refusal;
    /// True for peers without a cap of their own.
    std::function<bool(const IpAddress& peer)> is_exempt;
  };
  struct Options {
    bool peeks_at_heads = true;  ///< False with TLS: there is nothing to read yet.
    std::chrono::milliseconds idle_timeout{60'000};
    std::chrono::milliseconds head_timeout{30'000};
  };
  static Result<std::unique_ptr<Listener>> Create(ListenSocket socket, ConnectionTable& table,
                                                  Events events, Options options);
  /// Nothing is accepted before.
  void Start();
  ~Listener();

  /// From now on the port refuses connections.
  void StopListening();
  /// Ends the thread; waiting connections are closed.
  void Stop();

  /// Reads and throws away what a client still sends, for some seconds, then closes. `fd` is
  /// shut for writing by whoever answered on it.
  void Linger(UniqueFd fd);

 private:
  /// A connection whose head has not come, or that lingers.
  struct Waiting {
    UniqueFd fd;
    IpAddress peer;
    bool is_lingering = false;
    bool has_sent = false;  ///< Some of the head has come.
    int64_t drained_bytes = 0;
    std::chrono::steady_clock::time_point since;
  };

  Listener(ListenSocket socket, ConnectionTable& table, Events events, Options options);

  void Run();
  void Accept();
  void Welcome(UniqueFd fd, const IpAddress& peer);
  void PeekAtHead(Waiting& waiting, bool is_half_closed);
  void Drain(Waiting& waiting);
  void Refuse(Waiting& waiting, const Refusal& refusal);
  void StartLingering(UniqueFd fd, const IpAddress& peer);
  void EndOverdue();
  void Nudge();
  void Forget(int fd);
  bool Watch(int fd, uint32_t events);
  void TakeQueued();

  ConnectionTable& table_;
  const Events events_;
  const Options options_;
  UniqueFd listen_fd_;
  UniqueFd epoll_fd_;
  UniqueFd wake_fd_;
  // Of the thread alone, down to is_accepting_.
  std::map<int, Waiting> waiting_;
  std::vector<int64_t> to_nudge_;  ///< Handed on with their client's end seen already.
  bool is_accepting_ = true;       ///< False while descriptors are short.

  std::mutex mutex_;  ///< Guards what follows.
  std::vector<UniqueFd> to_linger_;
  bool stop_listening_ = false;
  bool stop_ = false;

  std::thread thread_;
};

}  // namespace recover

// All open connections: counted for each address, watched for dawdling.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "net/address_guard.h"

namespace recover {

/// Where a connection stands; changed by the thread that serves it, read by the watch.
class PeerConnection {
 public:
  enum class Phase {
    kAwaitingHead,  ///< Idle, or a head that has not come wholly.
    kReceivingBody,
    kAnswering,  ///< Nothing is expected of the client.
  };
  using TimePoint = std::chrono::steady_clock::time_point;

  PeerConnection(int64_t id, int fd, const IpAddress& address)
      : id_(id), fd_(fd), address_(address) {}

  int64_t id() const { return id_; }
  const IpAddress& address() const { return address_; }
  /// The phase starts now.
  void Enter(Phase phase);
  /// The client sent something.
  void Touch();

 private:
  friend class ConnectionTable;
  const int64_t id_;
  const int fd_;
  const IpAddress address_;
  std::mutex mutex_;  ///< Guards what follows.
  Phase phase_ = Phase::kAwaitingHead;
  TimePoint phase_since_ = std::chrono::steady_clock::now();
  TimePoint touched_at_ = phase_since_;
};

/// Thread-safe.
class ConnectionTable {
 public:
  struct Limits {
    int max_connections = 4096;
    int max_per_address = 0;                 ///< 0 = no cap.
    std::chrono::milliseconds idle{60'000};  ///< Between requests, and for a body that stalls.
    std::chrono::milliseconds head{30'000};  ///< For the head of a request.
    std::chrono::milliseconds body{900'000};
  };
  explicit ConnectionTable(Limits limits) : limits_(limits) {}

  enum class Verdict { kWelcome, kTooMany, kTooManyOfAddress };
  /// Counts a new connection unless it is one too many. `is_exempt`: no cap for its address.
  Verdict Admit(const IpAddress& address, bool is_exempt);
  /// An admitted connection is gone.
  void Leave(const IpAddress& address);

  /// An admitted connection is being served over `fd`. The table owns the result until Remove.
  PeerConnection* Add(int fd, const IpAddress& address);
  /// Before the descriptor is closed: nothing touches it afterwards. Leave()s too.
  void Remove(PeerConnection* connection);

  /// Wakes the thread that serves a connection whose client has sent its last: libmicrohttpd
  /// 0.9.75 overlooks an end that came together with bytes, until something else happens.
  void NudgeHalfClosed(int64_t id);

  /// Nudges all, and ends connections that took too long: a body that stalls is answered 408, idle
  /// ones are closed without a word. The serving thread notices the end of its socket.
  void EndOverdue();

  int size() const;

 private:
  void NudgeAllHalfClosed();  ///< Holds mutex_.

  const Limits limits_;
  mutable std::mutex mutex_;  ///< Guards what follows.
  int count_ = 0;
  int64_t next_id_ = 1;
  std::map<std::array<uint8_t, 16>, int> of_address_;
  std::list<std::unique_ptr<PeerConnection>> connections_;
};

}  // namespace recover

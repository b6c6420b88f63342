#include "http/connection_table.h"

#include <poll.h>

#include <vector>

#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/check.h"
#include "http/answer.h"
#include "http/raw_answer.h"

namespace recover {

void PeerConnection::Enter(Phase phase) {
  const std::scoped_lock lock(mutex_);
  phase_ = phase;
  phase_since_ = touched_at_ = std::chrono::steady_clock::now();
}

void PeerConnection::Touch() {
  const std::scoped_lock lock(mutex_);
  touched_at_ = std::chrono::steady_clock::now();
}

ConnectionTable::Verdict ConnectionTable::Admit(const IpAddress& address, bool is_exempt) {
  const std::scoped_lock lock(mutex_);
  if (count_ >= limits_.max_connections) {
    return Verdict::kTooMany;
  }
  int& of_this = of_address_[address.bytes];
  if (!is_exempt && limits_.max_per_address > 0 && of_this >= limits_.max_per_address) {
    return Verdict::kTooManyOfAddress;
  }
  ++of_this;
  ++count_;
  return Verdict::kWelcome;
}

void ConnectionTable::Leave(const IpAddress& address) {
  const std::scoped_lock lock(mutex_);
  const auto entry = of_address_.find(address.bytes);
  RECOVER_CHECK(entry != of_address_.end() && entry->second > 0);
  if (--entry->second == 0) {
    of_address_.erase(entry);
  }
  --count_;
}

PeerConnection* ConnectionTable::Add(int fd, const IpAddress& address) {
  const std::scoped_lock lock(mutex_);
  connections_.push_back(std::make_unique<PeerConnection>(next_id_++, fd, address));
  return connections_.back().get();
}

void ConnectionTable::Remove(PeerConnection* connection) {
  const IpAddress address = connection->address();
  {
    const std::scoped_lock lock(mutex_);
    connections_.remove_if([&](const auto& entry) { return entry.get() == connection; });
  }
  Leave(address);
}

void ConnectionTable::NudgeHalfClosed(int64_t id) {
  const std::scoped_lock lock(mutex_);
  for (const auto& connection : connections_) {
    if (connection->id_ == id) {
      shutdown(connection->fd_, SHUT_RD);  // it is shut already: this only rings the bell
    }
  }
}

// Of all connections at once, for the price of one call.
void ConnectionTable::NudgeAllHalfClosed() {
  std::vector<pollfd> polls;
  polls.reserve(connections_.size());
  for (const auto& connection : connections_) {
    polls.push_back({connection->fd_, POLLIN | POLLRDHUP, 0});
  }
  poll(polls.data(), polls.size(), 0);
  for (const pollfd& state : polls) {
    int unread = 0;
    if ((state.revents & POLLRDHUP) != 0 && ioctl(state.fd, FIONREAD, &unread) == 0 &&
        unread == 0) {
      shutdown(state.fd, SHUT_RD);
    }
  }
}

void ConnectionTable::EndOverdue() {
  using Phase = PeerConnection::Phase;
  const auto now = std::chrono::steady_clock::now();
  const std::scoped_lock lock(mutex_);
  NudgeAllHalfClosed();
  for (const auto& connection : connections_) {
    const std::scoped_lock connection_lock(connection->mutex_);
    const auto in_phase = now - connection->phase_since_;
    if (connection->phase_ == Phase::kReceivingBody &&
        (in_phase > limits_.body || now - connection->touched_at_ > limits_.idle)) {
      // Nobody else writes to the socket while a body comes in.
      SendRawAnswer(connection->fd_, ErrorAnswer(408, "the request's body came too slowly"));
      shutdown(connection->fd_, SHUT_RDWR);
      connection->phase_ = Phase::kAnswering;
    } else if (connection->phase_ == Phase::kAwaitingHead &&
               in_phase > limits_.idle + limits_.head) {
      shutdown(connection->fd_, SHUT_RDWR);
      connection->phase_ = Phase::kAnswering;
    }
  }
}

int ConnectionTable::size() const {
  const std::scoped_lock lock(mutex_);
  return count_;
}

}  // namespace recover

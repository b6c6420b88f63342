#include "base/turnstile.h"

#include <algorithm>
#include <utility>

namespace recover {

Turnstile::Turn::Turn(Turn&& other) noexcept
    : turnstile_(std::exchange(other.turnstile_, nullptr)) {}

Turnstile::Turn& Turnstile::Turn::operator=(Turn&& other) noexcept {
  if (this != &other) {
    End();
    turnstile_ = std::exchange(other.turnstile_, nullptr);
  }
  return *this;
}

void Turnstile::Turn::End() {
  if (Turnstile* turnstile = std::exchange(turnstile_, nullptr)) {
    turnstile->Leave();
  }
}

Result<Turnstile::Turn> Turnstile::Enter(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  line_.push_back(ticket);
  if (moved_.wait(lock, stop, [&] { return line_.front() == ticket; })) {
    return Turn(this);
  }
  // Not the front: the front's ticket is only taken out by Leave().
  line_.erase(std::find(line_.begin(), line_.end(), ticket));
  return Status(StatusCode::kCancelled, "stopped while waiting for the device");
}

int Turnstile::waiting() const {
  const std::lock_guard lock(mutex_);
  return line_.empty() ? 0 : static_cast<int>(line_.size()) - 1;
}

void Turnstile::Leave() {
  {
    const std::lock_guard lock(mutex_);
    line_.pop_front();
  }
  moved_.notify_all();
}

}  // namespace recover

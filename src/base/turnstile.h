// One at a time, in the order of arrival: for a device that two pictures share.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stop_token>

#include "base/result.h"

namespace recover {

/// A mutex for long turns: whoever waits is let in in the order of arrival and gives up
/// when a stop is requested. Thread-safe; outlives its turns.
class Turnstile {
 public:
  /// The right to go on; given back when destroyed. Moves; any thread may end it.
  class Turn {
   public:
    Turn() = default;
    Turn(Turn&& other) noexcept;
    Turn& operator=(Turn&& other) noexcept;
    ~Turn() { End(); }

    bool is_mine() const { return turnstile_ != nullptr; }
    /// Lets the next one in. Safe to call twice.
    void End();

   private:
    friend class Turnstile;
    explicit Turn(Turnstile* turnstile) : turnstile_(turnstile) {}
    Turnstile* turnstile_ = nullptr;
  };

  /// Waits until everybody who came before is through.
  /// Errors: kCancelled when a stop is requested before that.
  Result<Turn> Enter(const std::stop_token& stop);

  /// How many wait now.
  int waiting() const;

 private:
  void Leave();

  mutable std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable_any moved_;
  std::deque<uint64_t> line_;  ///< Tickets; the front has the turn.
  uint64_t next_ticket_ = 0;
};

}  // namespace recover

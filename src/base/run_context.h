// What long work is given: when to stop, whom to tell, and where to run.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "base/parallel.h"
#include "base/status.h"
#include "base/turnstile.h"

namespace recover {

/// Handed by reference to long work, which looks at it once per tile or strip.
/// A value type; copies share the stop state and the pool.
struct RunContext {
  /// When a stop is requested the work ends soon with kCancelled.
  std::stop_token stop;

  /// Told how many output pixels of how many are finished; `done` never falls
  /// and reaches `total` when the work succeeds. Called from one thread at a
  /// time, not always the same one; must be quick and must not throw. May be empty.
  std::function<void(int64_t done, int64_t total)> progress;

  /// Where parallel work runs; not owned. Null = on the caller's thread alone.
  ThreadPool* pool = nullptr;

  /// Where work waits before it uses the device, and holds it until it has done so for
  /// the last time; not owned. Null = the device is this work's alone. What comes before
  /// (decoding, spooling) and after (encoding) runs while others have their turn.
  Turnstile* turnstile = nullptr;

  /// Told true when the wait for a turn begins and false when it ends. Must be quick and
  /// must not throw. May be empty.
  std::function<void(bool is_waiting)> waiting;

  /// OK, or kCancelled when a stop was requested.
  Status CheckStop() const {
    if (stop.stop_requested()) {
      return {StatusCode::kCancelled, "stopped before the picture was finished"};
    }
    return Status::Ok();
  }

  void Report(int64_t done, int64_t total) const {
    if (progress) {
      progress(done, total);
    }
  }
};

}  // namespace recover

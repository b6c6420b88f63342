// Ctrl-C and its kin.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace recover::cli {

/// While it lives, SIGINT, SIGTERM and SIGHUP ask for a stop; a second one ends the
/// program at once (exit code 130). A signal that was ignored when the program
/// started (nohup, a background job) stays ignored.
/// Make it before any other thread is started, which inherits the blocked signals.
class Interrupts {
 public:
  Interrupts();
  /// For a program whose stop takes a while: `first_text` is said on a terminal at the first
  /// signal; the second one calls `on_second`, on a thread of this class, and only a
  /// third ends the program at once.
  Interrupts(std::string first_text, std::function<void()> on_second);
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  void Wait();

  const std::string first_text_;
  const std::function<void()> on_second_;
  std::stop_source source_;
  std::thread waiter_;
};

}  // namespace recover::cli

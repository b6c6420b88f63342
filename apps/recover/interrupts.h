// Ctrl-C and its kin.
#pragma once

#include <stop_token>
#include <thread>

namespace recover::cli {

/// While it lives, SIGINT, SIGTERM and SIGHUP ask for a stop; a second one ends the
/// program at once (exit code 130). A signal that was ignored when the program
/// started (nohup, a background job) stays ignored.
/// Make it before any other thread is started, which inherits the blocked signals.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  void Wait();

  std::stop_source source_;
  std::thread waiter_;
};

}  // namespace recover::cli

#include "interrupts.h"

#include <signal.h>
#include <unistd.h>

#include "base/status.h"

namespace recover::cli {
namespace {

// Wakes the waiter at the end; nobody else sends it.
constexpr int kFarewell = SIGUSR2;

void Say(const char* text, size_t length) {
  // Nothing can be done when standard error is gone.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, length);
}

/// The signals that ask for a stop, without those the parent chose to ignore: a
/// blocked signal would reach sigwait even so.
sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    sigaction(number, nullptr, &action);
    if (action.sa_handler != SIG_IGN) {
      sigaddset(&set, number);
    }
  }
  return set;
}

sigset_t BlockedSignals() {
  sigset_t set = StopSignals();
  sigaddset(&set, kFarewell);
  return set;
}

}  // namespace

Interrupts::Interrupts() {
  const sigset_t set = BlockedSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A reader that went away is an error of writing, told in a sentence.
  signal(SIGPIPE, SIG_IGN);
  waiter_ = std::thread([this] { Wait(); });
}

Interrupts::~Interrupts() {
  pthread_kill(waiter_.native_handle(), kFarewell);
  waiter_.join();
}

void Interrupts::Wait() {
  const sigset_t set = BlockedSignals();
  while (true) {
    int number = 0;
    if (sigwait(&set, &number) != 0) {
      continue;
    }
    if (number == kFarewell) {
      return;
    }
    if (!source_.request_stop()) {
      _exit(ExitCodeOf(StatusCode::kCancelled));
    }
    constexpr char kText[] = "\nStopping after the tiles in work; once more to quit at once.\n";
    if (isatty(STDERR_FILENO) != 0) {
      Say(kText, sizeof(kText) - 1);
    }
  }
}

}  // namespace recover::cli

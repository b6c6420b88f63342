#include "interrupts.h"

#include <signal.h>
#include <unistd.h>

#include <utility>

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

Interrupts::Interrupts()
    : Interrupts("\nStopping after the tiles in work; once more to quit at once.\n", {}) {}

Interrupts::Interrupts(std::string first_text, std::function<void()> on_second)
    : first_text_(std::move(first_text)), on_second_(std::move(on_second)) {
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
  for (int count = 0;;) {
    int number = 0;
    if (sigwait(&set, &number) != 0) {
      continue;
    }
    if (number == kFarewell) {
      return;
    }
    ++count;
    if (count == 1) {
      if (isatty(STDERR_FILENO) != 0) Say(first_text_.data(), first_text_.size());
      source_.request_stop();
    } else if (count == 2 && on_second_) {
      on_second_();
    } else {
      _exit(ExitCodeOf(StatusCode::kCancelled));
    }
  }
}

}  // namespace recover::cli

#include "jobs/worker_pipe.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <thread>
#include <utility>

#include <sys/eventfd.h>

#include "base/ids.h"
#include "base/unique_fd.h"

namespace recover {
namespace {

/// A thread that hears what the parent says, as long as it lives.
class ParentListener {
 public:
  ParentListener(int input_fd, WorkerControl& control)
      : input_fd_(input_fd),
        control_(control),
        over_(eventfd(0, EFD_CLOEXEC)),
        thread_([this] { Listen(); }) {}

  ~ParentListener() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(over_.get(), &one, sizeof(one));
    thread_.join();
  }

 private:
  void Listen() {
    std::array<pollfd, 2> fds = {{{.fd = input_fd_, .events = POLLIN, .revents = 0},
                                  {.fd = over_.get(), .events = POLLIN, .revents = 0}}};
    while (true) {
      if (poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) continue;
      if (fds[1].revents != 0) return;
      if (fds[0].revents != 0 && !Hear()) {
        control_.Stop();
        return;
      }
    }
  }

  /// False when the parent is gone or has nothing to say any more.
  bool Hear() {
    std::array<char, 64> bytes{};
    const ssize_t got = read(input_fd_, bytes.data(), bytes.size());
    if (got < 0) return errno == EINTR || errno == EAGAIN;
    for (ssize_t i = 0; i < got; ++i) {
      if (bytes[i] == 'd') {
        control_.Drain();
      } else {
        control_.Wake();
      }
    }
    return got > 0;
  }

  const int input_fd_;
  WorkerControl& control_;
  const UniqueFd over_;
  std::thread thread_;
};

Status Tell(int output_fd, std::string_view line) {
  while (!line.empty()) {
    const ssize_t put = write(output_fd, line.data(), line.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return StatusFromErrno(errno, "telling the server");
    line.remove_prefix(static_cast<size_t>(put));
  }
  return Status::Ok();
}

}  // namespace

Status RunWorkerForParent(WorkerOptions options, int input_fd, int output_fd) {
  options.worker_id = NewUuid();
  options.on_ready = [output_fd] {
    // A parent that is gone is heard of on the other pipe.
    static_cast<void>(Tell(output_fd, "ready\n"));
  };
  // First of all: should this process die, its jobs are known by this name.
  RECOVER_RETURN_IF_ERROR(Tell(output_fd, "worker " + options.worker_id + "\n"));
  WorkerControl control;
  const ParentListener listener(input_fd, control);
  return RunWorker(options, control);
}

}  // namespace recover

#include "jobs/worker_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace recover {
namespace {

/// A child that writes nonsense without end of line fills no memory here.
constexpr size_t kMaxLineBytes = 4096;

/// What posix_spawn is told, released at the end.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&files_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&files_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  void UseStreams(int input, int output) {
    posix_spawn_file_actions_adddup2(&files_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
  }

  /// No signal is blocked or ignored by inheritance; a process group of its own.
  void StartFresh() {
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &usual);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }

  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<WorkerProcess> WorkerProcess::Start(const std::filesystem::path& program,
                                           const std::vector<std::string>& arguments,
                                           int niceness) {
  std::array<int, 2> input{};
  // Sockets, since writing to one whose other end is gone can be done without a signal.
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input.data()) != 0) {
    return StatusFromErrno(errno, "a worker's standard input");
  }
  const UniqueFd child_input(input[0]);
  WorkerProcess process;
  process.input_ = UniqueFd(input[1]);
  std::array<int, 2> output{};
  if (pipe2(output.data(), O_CLOEXEC) != 0) {
    return StatusFromErrno(errno, "a worker's standard output");
  }
  process.output_ = UniqueFd(output[0]);
  const UniqueFd child_output(output[1]);
  fcntl(process.output_.get(), F_SETFL, O_NONBLOCK);

  SpawnSettings settings;
  settings.UseStreams(child_input.get(), child_output.get());
  settings.StartFresh();
  // The program may be known by a name that says nothing (/proc/self/exe).
  std::vector<std::string> words = {"recover"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  if (const int error = posix_spawn(&process.pid_, program.c_str(), settings.files(),
                                    settings.attributes(), argv.data(), environ);
      error != 0) {
    return StatusFromErrno(error, program.string());
  }
  // Before the child has any thread that would not inherit it: it is still being loaded.
  setpriority(PRIO_PROCESS, static_cast<id_t>(process.pid_), niceness);
  process.started_ = std::chrono::steady_clock::now();
  return process;
}

void WorkerProcess::Tell(char byte) {
  if (input_.valid()) {
    static_cast<void>(send(input_.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT));
  }
}

bool WorkerProcess::ReadOutput() {
  std::array<char, 512> chunk{};
  while (true) {
    const ssize_t got = read(output_.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    pending_text_.append(chunk.data(), static_cast<size_t>(got));
    for (size_t end = pending_text_.find('\n'); end != std::string::npos;
         end = pending_text_.find('\n')) {
      TakeLine(pending_text_.substr(0, end));
      pending_text_.erase(0, end + 1);
    }
    if (pending_text_.size() > kMaxLineBytes) pending_text_.clear();
  }
}

void WorkerProcess::TakeLine(const std::string& line) {
  constexpr std::string_view kWorker = "worker ";
  if (line.starts_with(kWorker)) {
    worker_id_ = line.substr(kWorker.size());
  } else if (line == "ready") {
    is_ready_ = true;
  }
}

void WorkerProcess::Kill() const { kill(pid_, SIGKILL); }

std::string WorkerProcess::Reap() {
  CloseInput();
  Kill();
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) {
    return "signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")";
  }
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace recover

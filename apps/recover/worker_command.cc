// recover worker: one process of a server's pool. Its parent steers it through standard
// input; what the bytes mean is written in jobs/worker_pool.h.
#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "commands.h"
#include "data_folder.h"
#include "engine_options.h"
#include "jobs/worker_pipe.h"
#include "log_options.h"

namespace recover::cli {

int RunWorkerCommand(const OptionValues& options) {
  // What a terminal or a service manager sends to all processes of a server is the
  // parent's to act on.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    signal(number, SIG_IGN);
  }
  ApplyLogLevel(options);
  const auto folder = DataFolderOf(options);
  if (!folder) return Complain(folder.error());
  WorkerOptions worker;
  worker.data_folder = *folder;
  worker.engine = MachineOptionsOf(options);
  worker.job_timeout = std::chrono::seconds(*options.Integer("job-timeout"));
  // Threads that hear nothing any more hold nothing that is worth waiting for.
  worker.on_stuck = [] { _exit(ExitCodeOf(StatusCode::kInternal)); };
  const Status status = RunWorkerForParent(std::move(worker), STDIN_FILENO, STDOUT_FILENO);
  return status.ok() ? 0 : Complain(status);
}

}  // namespace recover::cli

// A worker for the pool's tests: DATA MODELS on the command line, the rest as the tests need it.
#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "jobs/worker_pipe.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) signal(number, SIG_IGN);
  recover::WorkerOptions options;
  options.data_folder = argv[1];
  options.engine.models_folder = argv[2];
  options.engine.device = recover::Device::kCpu;
  options.engine.threads = 2;
  options.engine.memory_bytes = int64_t{1} << 30;
  options.engine.tile_px = 64;
  const recover::Status status = recover::RunWorkerForParent(options, STDIN_FILENO, STDOUT_FILENO);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}

// The child's end of the talk between a server and its workers, which worker_pool.h describes.
#pragma once

#include "jobs/worker.h"

namespace recover {

/// Tells the parent on `output_fd` who this worker is and when it is ready, and does on
/// `input_fd` what the parent says; runs until then. Sets worker_id and on_ready of
/// `options`. Errors: RunWorker's, and those of writing to the parent.
Status RunWorkerForParent(WorkerOptions options, int input_fd, int output_fd);

}  // namespace recover

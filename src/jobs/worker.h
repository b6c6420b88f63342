// A worker: takes jobs up one after the other and runs them on its device.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "jobs/blob_store.h"
#include "jobs/job_queue.h"
#include "pipeline/engine.h"

namespace recover {

struct WorkerOptions {
  std::filesystem::path data_folder;
  EngineOptions engine;  ///< Its `model` is not used: each job names its own.
  std::chrono::seconds job_timeout{3600};
  /// How often an idle worker looks for work without being woken.
  std::chrono::milliseconds poll{500};
};

/// Runs in a process of its own, so that a picture that breaks the decoder takes one worker
/// down and not the server. Two jobs are open at a time: while one is in the network, the
/// next is decoded and waits for its turn on the device.
///
/// Returns when `stop` is requested: a running job ends within a tile and goes back to
/// Pending. `drain` asks to finish what runs and take nothing new. `wake` is waited on
/// between jobs. Errors: those of opening the store and loading the network; a job's
/// failure is the job's own.
Status RunWorker(const WorkerOptions& options, const std::stop_token& stop,
                 const std::stop_token& drain, const std::function<void()>& wait_for_wake);

}  // namespace recover

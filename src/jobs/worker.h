// A worker: takes jobs up one after the other and runs them on its device.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "jobs/worker_control.h"
#include "pipeline/engine.h"

namespace recover {

struct WorkerOptions {
  std::filesystem::path data_folder;  ///< recover.db and blobs/ in it.
  std::string worker_id;              ///< Unlike any other worker's.
  /// Its `model` is not used: each job names its own. Its memory is for all jobs that are
  /// open at a time together.
  EngineOptions engine;
  /// Of a job's own work; waiting for its turn on the device does not count.
  std::chrono::milliseconds job_timeout{3'600'000};
  /// A run that was told to stop and has not done so within this time is stuck.
  std::chrono::milliseconds stuck_patience{60'000};
  /// How often an idle worker looks for work without being woken.
  std::chrono::milliseconds poll{500};
  /// The networks are loaded. May be empty.
  std::function<void()> on_ready;
  /// A run is stuck, nothing can be done from inside: the program is to end itself, and
  /// the job is taken up again when its lease ends. May be empty.
  std::function<void()> on_stuck;
};

/// Runs in a process of its own, so that a picture that breaks the decoder takes one worker
/// down and not the server. Two jobs are open at a time: while one is in the network, the
/// next is decoded and waits for its turn on the device.
///
/// Returns when `control` says to stop or drain and the open jobs are settled: a stopped one
/// is Pending again. Errors: those of opening the store and loading the networks; a job's
/// failure is the job's own.
Status RunWorker(const WorkerOptions& options, WorkerControl& control);

/// Names of the networks of ServedModels(), each once.
std::vector<std::string> ServedNetworks();

/// DATA/recover.db and DATA/blobs: where the parts of a server meet.
std::filesystem::path DatabasePathOf(const std::filesystem::path& data_folder);
std::filesystem::path BlobRootOf(const std::filesystem::path& data_folder);

}  // namespace recover

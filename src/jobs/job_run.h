// One job from its claim to its end in the store.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "base/turnstile.h"
#include "jobs/blob_store.h"
#include "jobs/job_queue.h"
#include "pipeline/engine.h"

namespace recover {

/// What runs of jobs share; borrowed, outlives them.
struct JobRunParts {
  JobQueue* queue = nullptr;
  BlobStore* blobs = nullptr;
  Turnstile* turnstile = nullptr;  ///< Of the device.
  std::chrono::milliseconds job_timeout{};
  std::chrono::milliseconds stuck_patience{};
  std::function<void()> on_stuck;  ///< May be empty.
};

/// The pipeline's settings of a job.
JobSettings JobSettingsOf(const JobRecord& job);

/// Enhances the claimed job's input with `engine` and settles the job: Completed with its
/// output in place; Failed with a sentence for people; Pending again when `stop` came first.
/// While it runs, the claim is kept alive and its progress told; a cancelled or lost claim
/// ends it within a tile and leaves nothing behind. Throws nothing. Thread-safe.
void RunJob(const Claim& claim, const Engine& engine, const JobRunParts& parts,
            const std::stop_token& stop);

/// Settles a claim as Failed; tries again while the store cannot be written, until `stop`.
void FailJob(const Claim& claim, const JobRunParts& parts, const Status& why,
             const std::stop_token& stop);

}  // namespace recover

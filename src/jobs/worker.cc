#include "jobs/worker.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/turnstile.h"
#include "jobs/job_run.h"
#include "jobs/setting_table.h"
#include "pipeline/memory_plan.h"

namespace recover {
namespace {

/// Jobs open at a time: one in the network, the next in the decoder.
constexpr int kSlots = 2;

/// A worker with a job in the network leaves a new one to a worker that has none, for as
/// long as that one needs to look.
constexpr std::chrono::milliseconds kCourtesy{100};

/// After a store that could not be read.
constexpr std::chrono::milliseconds kRetryPause{1000};

using Engines = std::map<std::string, std::unique_ptr<Engine>, std::less<>>;

/// What is there for one picture of the `kSlots` at a time.
EngineOptions SlotOptions(const WorkerOptions& options, const std::string& network) {
  EngineOptions engine = options.engine;
  engine.model = network;
  const int64_t all = engine.memory_bytes > 0 ? engine.memory_bytes : AvailableMemoryBytes() / 2;
  engine.memory_bytes = all / kSlots;
  return engine;
}

Result<Engines> LoadEngines(const WorkerOptions& options) {
  Engines engines;
  for (const std::string& network : ServedNetworks()) {
    RECOVER_ASSIGN_OR_RETURN(engines[network], Engine::Load(SlotOptions(options, network)));
  }
  return engines;
}

class Worker {
 public:
  Worker(const WorkerOptions& options, WorkerControl& control, JobQueue& queue, BlobStore& blobs,
         const Engines& engines)
      : options_(options),
        control_(control),
        engines_(engines),
        parts_{.queue = &queue,
               .blobs = &blobs,
               .turnstile = &turnstile_,
               .job_timeout = options.job_timeout,
               .stuck_patience = options.stuck_patience,
               .on_stuck = options.on_stuck} {}

  void Run() {
    std::vector<std::jthread> slots;
    for (int slot = 0; slot < kSlots; ++slot) {
      slots.emplace_back([this, slot] { RunSlot(/*is_second=*/slot > 0); });
    }
  }

 private:
  void RunSlot(bool is_second) {
    while (!control_.is_draining()) {
      const uint64_t seen = control_.changes();
      if (is_second || open_jobs_ > 0) {
        control_.WaitForChange(control_.changes(), kCourtesy);
        if (control_.is_draining()) return;
      }
      const auto claim = ClaimNext();
      if (!claim) {
        Log(LogLevel::kError, "no job could be taken up", {{"error", claim.error().message()}});
        control_.WaitForChange(seen, kRetryPause);
      } else if (!*claim) {
        control_.WaitForChange(seen, options_.poll);
      } else {
        RunClaimed(**claim);
        // The other slot may have waited for this one to be through.
        control_.Wake();
      }
    }
  }

  /// One slot at a time, so that each knows what the other has open.
  Result<std::optional<Claim>> ClaimNext() {
    const std::lock_guard lock(claim_mutex_);
    if (is_alone_) {
      return std::optional<Claim>();
    }
    try {
      auto claim = parts_.queue->ClaimNext(options_.worker_id, /*has_company=*/open_jobs_ > 0);
      if (claim && *claim) {
        ++open_jobs_;
        is_alone_ = (*claim)->job.attempts > 1;
      }
      return claim;
    } catch (const std::exception& error) {
      return Status(StatusCode::kInternal, error.what());
    }
  }

  void RunClaimed(const Claim& claim) {
    const auto model = FindServedModel(claim.job.settings.model);
    const auto engine = model ? engines_.find((*model)->network) : engines_.end();
    if (engine == engines_.end()) {
      FailJob(claim, parts_,
              {StatusCode::kUnavailable, "no network for model " + claim.job.settings.model},
              control_.stop_token());
    } else {
      RunJob(claim, *engine->second, parts_, control_.stop_token());
    }
    const std::lock_guard lock(claim_mutex_);
    --open_jobs_;
    is_alone_ = false;
  }

  const WorkerOptions& options_;
  WorkerControl& control_;
  const Engines& engines_;
  Turnstile turnstile_;
  const JobRunParts parts_;

  std::mutex claim_mutex_;  ///< Guards what follows; open_jobs_ is read without it too.
  std::atomic<int> open_jobs_ = 0;
  /// What is open has cost a worker its life before: nothing else is taken up beside it.
  bool is_alone_ = false;
};

}  // namespace

std::vector<std::string> ServedNetworks() {
  std::vector<std::string> networks;
  for (const ServedModel& model : ServedModels()) {
    const std::string network(model.network);
    if (std::find(networks.begin(), networks.end(), network) == networks.end()) {
      networks.push_back(network);
    }
  }
  return networks;
}

std::filesystem::path DatabasePathOf(const std::filesystem::path& data_folder) {
  return data_folder / "recover.db";
}

std::filesystem::path BlobRootOf(const std::filesystem::path& data_folder) {
  return data_folder / "blobs";
}

Status RunWorker(const WorkerOptions& options, WorkerControl& control) {
  RECOVER_ASSIGN_OR_RETURN(const Engines engines, LoadEngines(options));
  RECOVER_ASSIGN_OR_RETURN(auto database, Database::Open(DatabasePathOf(options.data_folder)));
  RECOVER_ASSIGN_OR_RETURN(const auto blobs,
                           BlobStore::Open(Env::Real(), BlobRootOf(options.data_folder)));
  JobQueue queue(std::move(database));
  if (options.on_ready) options.on_ready();
  Worker(options, control, queue, *blobs, engines).Run();
  return Status::Ok();
}

}  // namespace recover

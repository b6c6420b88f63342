// The worker's side of the store: take a job up, keep it alive, end it. Several
// processes may use the same store at once.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "jobs/database.h"
#include "jobs/job.h"

namespace recover {

/// A job in a worker's hands. job.claim_number is its fence: whoever lost the job can change
/// nothing of it any more.
struct Claim {
  JobRecord job;
  std::string worker_id;
};

/// What a worker learns when it reports.
enum class ClaimStatus {
  kMine,
  kCancelled,  ///< Asked to stop: the row is already Cancelled, its credits released.
  kLost,       ///< Given to another or gone.
};

/// How a finished job went, by stage; kept for metrics and forecasts.
struct JobSeconds {
  double decode = 0;
  double resample = 0;
  double network = 0;
  double encode = 0;
  double total = 0;
};

/// Thread-safe; so are several processes on one store. Every call that changes a
/// state moves credits and writes the webhook's outbox row in the same transaction.
class JobQueue {
 public:
  explicit JobQueue(std::shared_ptr<Database> database);
  ~JobQueue();

  /// The next Pending job, fair between keys: among keys with work, the one whose
  /// last claim is longest ago; within a key the oldest. It becomes Processing.
  /// Nothing when there is none.
  /// has_company: the worker has another job open. It gets nothing either when the next job was
  /// in a worker that died: that one is tried again alone, so that whatever kills its
  /// worker takes no innocent job along.
  Result<std::optional<Claim>> ClaimNext(const std::string& worker_id, bool has_company = false);

  /// Renews the lease and raises the stored progress; a lower progress is passed over.
  Result<ClaimStatus> Heartbeat(const Claim& claim, int progress);

  /// Completed: credits consumed. `output_id`'s blob is in place already.
  /// `options_json` now tells what was chosen.
  Result<ClaimStatus> Complete(const Claim& claim, const std::string& output_id,
                               const std::string& options_json, const JobSeconds& seconds);

  /// Failed for good: credits released. For faults of the input or the settings.
  Result<ClaimStatus> Fail(const Claim& claim, const std::string& message);

  /// Back to Pending without counting the try: the worker is told to stop.
  Result<ClaimStatus> GiveBack(const Claim& claim);

  /// Jobs of `worker_id` (empty = of any worker) that is known to be dead: Pending
  /// again, or Failed after the third try. Returns how many.
  Result<int> ReleaseJobsOf(const std::string& worker_id);

  /// The same for Processing jobs whose heartbeat did not come for `lease`. Watches
  /// the counter of heartbeats against the steady clock, so that a jump of the wall
  /// clock harms nothing. Call it now and then from one thread.
  Result<int> ReleaseExpired(std::chrono::steady_clock::duration lease);

 private:
  class Leases;
  std::shared_ptr<Database> database_;  // shared with the other parts of the server
  std::unique_ptr<Leases> leases_;
};

}  // namespace recover

#include "jobs/job_queue.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <soci/soci.h>

#include "jobs/forecast_store.h"
#include "jobs/job_store.h"
#include "jobs/job_totals.h"

namespace recover {
namespace {

constexpr int kMaxAttempts = 3;
/// A job at work is not done: 100 stays for Completed.
constexpr int kMaxWorkingProgress = 99;

/// The job of a claim, if the claim still holds.
struct Held {
  ClaimStatus status = ClaimStatus::kLost;
  JobRecord job;
};

Result<Held> FindHeld(soci::session& sql, const Claim& claim) {
  RECOVER_ASSIGN_OR_RETURN(std::optional<JobRecord> job, FindJob(sql, claim.job.process_id));
  if (!job || job->worker_id != claim.worker_id || job->claim_number != claim.job.claim_number) {
    return Held{};
  }
  if (job->state == JobState::kCancelled) {
    return Held{.status = ClaimStatus::kCancelled, .job = {}};
  }
  if (job->state != JobState::kProcessing) {
    return Held{};
  }
  return Held{.status = ClaimStatus::kMine, .job = *std::move(job)};
}

/// Runs `change` on the claim's job in a transaction if the claim still holds.
Result<ClaimStatus> ChangeHeld(Database& database, const Claim& claim,
                               const std::function<void(soci::session&, JobRecord&)>& change) {
  Held held;
  RECOVER_RETURN_IF_ERROR(database.Write([&](soci::session& sql) -> Status {
    RECOVER_ASSIGN_OR_RETURN(held, FindHeld(sql, claim));
    if (held.status == ClaimStatus::kMine) {
      change(sql, held.job);
    }
    return Status::Ok();
  }));
  if (held.status == ClaimStatus::kMine) {
    LogJob(held.job);
  }
  return held.status;
}

void MarkClaim(soci::session& sql, const JobRecord& job, const Clock& clock) {
  const long long key_id = job.key_id;
  const long long sequence = job.sequence;
  const long long now_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock.WallNow().time_since_epoch())
          .count();
  sql << "UPDATE keys SET last_claim = (SELECT MAX(last_claim) + 1 FROM keys) "
         "WHERE key_id = :key",
      soci::use(key_id);
  sql << "UPDATE jobs SET started_ms = :now, heartbeats = heartbeats + 1 "
         "WHERE sequence = :sequence",
      soci::use(now_ms), soci::use(sequence);
}

/// Takes a Processing job from a dead worker.
void Release(soci::session& sql, JobRecord& job, UnixTime now) {
  if (job.attempts < kMaxAttempts) {
    MoveJob(sql, job, JobState::kPending, now);
    return;
  }
  job.message = "The worker stopped unexpectedly at each of " + std::to_string(job.attempts) +
                " tries; the picture or its size may be too much for this server. Try a smaller "
                "output, or save the picture anew.";
  MoveJob(sql, job, JobState::kFailed, now);
}

void AddSeconds(soci::session& sql, const JobSeconds& seconds) {
  AddToTotal(sql, kDecodeSecondsTotal, seconds.decode);
  AddToTotal(sql, kResampleSecondsTotal, seconds.resample);
  AddToTotal(sql, kNetworkSecondsTotal, seconds.network);
  AddToTotal(sql, kEncodeSecondsTotal, seconds.encode);
  AddToTotal(sql, kJobSecondsTotal, seconds.total);
}

Result<bool> HasPending(const Database& database) {
  int found = 0;
  RECOVER_RETURN_IF_ERROR(database.Read([&](soci::session& sql) {
    sql << "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'Pending' AND ended_at = 0)",
        soci::into(found);
    return Status::Ok();
  }));
  return found != 0;
}

/// What a Processing job last gave as a sign of life.
struct Sign {
  std::string process_id;
  int claim_number = 0;
  long long heartbeats = 0;

  bool operator==(const Sign&) const = default;
};

std::vector<Sign> ReadSigns(soci::session& sql) {
  Sign sign;
  soci::statement statement =
      (sql.prepare << "SELECT process_id, claim_number, heartbeats FROM jobs "
                      "WHERE state = 'Processing' AND ended_at = 0",
       soci::into(sign.process_id), soci::into(sign.claim_number), soci::into(sign.heartbeats));
  statement.execute();
  std::vector<Sign> signs;
  while (statement.fetch()) {
    signs.push_back(sign);
  }
  return signs;
}

/// The job if `sign` is still the last it gave: it may have moved on since we looked.
Result<std::optional<JobRecord>> FindSilent(soci::session& sql, const Sign& sign) {
  const std::vector<Sign> signs = ReadSigns(sql);
  if (std::find(signs.begin(), signs.end(), sign) == signs.end()) {
    return std::optional<JobRecord>();
  }
  return FindJob(sql, sign.process_id);
}

}  // namespace

/// Since when each Processing job shows the same sign of life, on the steady clock.
class JobQueue::Leases {
 public:
  /// Takes in what the store shows now; returns those that were the same for `lease`.
  std::vector<Sign> Expired(const std::vector<Sign>& signs,
                            std::chrono::steady_clock::time_point now,
                            std::chrono::steady_clock::duration lease) {
    const std::lock_guard lock(mutex_);
    std::map<std::string, Seen> seen;
    std::vector<Sign> expired;
    for (const Sign& sign : signs) {
      Seen entry{.sign = sign, .since = now};
      const auto before = seen_.find(sign.process_id);
      if (before != seen_.end() && before->second.sign == sign) {
        entry.since = before->second.since;
      }
      if (now - entry.since >= lease) {
        expired.push_back(sign);
      }
      seen.emplace(sign.process_id, std::move(entry));
    }
    seen_ = std::move(seen);
    return expired;
  }

 private:
  struct Seen {
    Sign sign;
    std::chrono::steady_clock::time_point since;
  };
  std::mutex mutex_;  ///< Guards what follows.
  std::map<std::string, Seen> seen_;
};

JobQueue::JobQueue(std::shared_ptr<Database> database)
    : database_(std::move(database)), leases_(std::make_unique<Leases>()) {}

JobQueue::~JobQueue() = default;

Result<std::optional<Claim>> JobQueue::ClaimNext(const std::string& worker_id, bool has_company) {
  // An idle worker asks often: it looks before it takes the one place of a writer.
  RECOVER_ASSIGN_OR_RETURN(const bool has_pending, HasPending(*database_));
  std::optional<Claim> claim;
  if (!has_pending) {
    return claim;
  }
  RECOVER_RETURN_IF_ERROR(database_->Write([&](soci::session& sql) -> Status {
    RECOVER_ASSIGN_OR_RETURN(std::optional<JobRecord> job, NextPendingJob(sql));
    const bool must_be_alone = job && job->attempts > 0;
    if (job && !(must_be_alone && has_company)) {
      ++job->attempts;
      ++job->claim_number;
      job->worker_id = worker_id;
      MoveJob(sql, *job, JobState::kProcessing, UnixNow(database_->clock()));
      MarkClaim(sql, *job, database_->clock());
      claim = Claim{.job = *std::move(job), .worker_id = worker_id};
    }
    return Status::Ok();
  }));
  if (claim) {
    LogJob(claim->job);
  }
  return claim;
}

Result<ClaimStatus> JobQueue::Heartbeat(const Claim& claim, int progress) {
  Held held;
  RECOVER_RETURN_IF_ERROR(database_->Write([&](soci::session& sql) -> Status {
    RECOVER_ASSIGN_OR_RETURN(held, FindHeld(sql, claim));
    if (held.status != ClaimStatus::kMine) {
      return Status::Ok();
    }
    const JobRecord& job = held.job;
    const bool has_moved = progress > job.progress;
    const int stored = std::max(job.progress, std::min(progress, kMaxWorkingProgress));
    const UnixTime modified = std::max(job.modification_time, UnixNow(database_->clock()));
    const long long modified_at =
        (has_moved ? modified : job.modification_time).time_since_epoch().count();
    const long long sequence = job.sequence;
    sql << "UPDATE jobs SET heartbeats = heartbeats + 1, progress = :progress, "
           "modified_at = :modified WHERE sequence = :sequence",
        soci::use(stored), soci::use(modified_at), soci::use(sequence);
    return Status::Ok();
  }));
  return held.status;
}

Result<ClaimStatus> JobQueue::Complete(const Claim& claim, const std::string& output_id,
                                       const std::string& options_json, const JobSeconds& seconds) {
  return ChangeHeld(*database_, claim, [&](soci::session& sql, JobRecord& job) {
    job.output_id = output_id;
    job.options_json = options_json;
    MoveJob(sql, job, JobState::kCompleted, UnixNow(database_->clock()));
    AddSeconds(sql, seconds);
    AddMeasurement(sql, job, seconds);
  });
}

Result<ClaimStatus> JobQueue::Fail(const Claim& claim, const std::string& message) {
  return ChangeHeld(*database_, claim, [&](soci::session& sql, JobRecord& job) {
    job.message = message;
    MoveJob(sql, job, JobState::kFailed, UnixNow(database_->clock()));
  });
}

Result<ClaimStatus> JobQueue::GiveBack(const Claim& claim) {
  return ChangeHeld(*database_, claim, [&](soci::session& sql, JobRecord& job) {
    --job.attempts;
    MoveJob(sql, job, JobState::kPending, UnixNow(database_->clock()));
  });
}

Result<int> JobQueue::ReleaseJobsOf(const std::string& worker_id) {
  std::vector<JobRecord> jobs;
  RECOVER_RETURN_IF_ERROR(database_->Write([&](soci::session& sql) -> Status {
    RECOVER_ASSIGN_OR_RETURN(jobs, JobsInState(sql, JobState::kProcessing, worker_id));
    for (JobRecord& job : jobs) {
      Release(sql, job, UnixNow(database_->clock()));
    }
    return Status::Ok();
  }));
  std::for_each(jobs.begin(), jobs.end(), LogJob);
  return static_cast<int>(jobs.size());
}

Result<int> JobQueue::ReleaseExpired(std::chrono::steady_clock::duration lease) {
  std::vector<Sign> signs;
  RECOVER_RETURN_IF_ERROR(database_->Read([&](soci::session& sql) {
    signs = ReadSigns(sql);
    return Status::Ok();
  }));
  const std::vector<Sign> expired = leases_->Expired(signs, database_->clock().Now(), lease);
  std::vector<JobRecord> released;
  for (const Sign& sign : expired) {
    std::optional<JobRecord> job;
    RECOVER_RETURN_IF_ERROR(database_->Write([&](soci::session& sql) -> Status {
      RECOVER_ASSIGN_OR_RETURN(job, FindSilent(sql, sign));
      if (job) {
        Release(sql, *job, UnixNow(database_->clock()));
      }
      return Status::Ok();
    }));
    if (job) {
      released.push_back(*std::move(job));
    }
  }
  std::for_each(released.begin(), released.end(), LogJob);
  return static_cast<int>(released.size());
}

}  // namespace recover

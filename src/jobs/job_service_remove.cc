// What ends jobs and takes them away: Cancel, Delete, DeleteFinished.
#include <limits>

#include <soci/soci.h>

#include "jobs/job_service_state.h"
#include "jobs/job_store.h"
#include "jobs/retention.h"

namespace recover {
namespace {

/// One transaction removes so many at most, so that others get their turn.
constexpr int kPerTransaction = 200;

/// The key's own job. Errors: kNotFound.
Result<JobRecord> FindOwn(soci::session& sql, const KeyRecord& key, std::string_view process_id) {
  RECOVER_ASSIGN_OR_RETURN(std::optional<JobRecord> job, FindJob(sql, process_id));
  if (!job || job->key_id != key.key_id) {
    return Status(StatusCode::kNotFound,
                  "There is no such job; jobs are removed 7 days after their end.");
  }
  return *std::move(job);
}

std::vector<std::string> FinishedJobs(soci::session& sql, int64_t key_id, long long up_to) {
  const long long key = key_id;
  std::string process_id;
  soci::statement statement =
      (sql.prepare << "SELECT process_id FROM jobs WHERE key_id = :key AND ended_at > 0 AND "
                      "sequence <= :last ORDER BY sequence LIMIT "
                   << kPerTransaction,
       soci::into(process_id), soci::use(key, "key"), soci::use(up_to, "last"));
  statement.execute();
  std::vector<std::string> ids;
  while (statement.fetch()) {
    ids.push_back(process_id);
  }
  return ids;
}

Result<long long> LastSequence(const Database& database) {
  long long last = 0;
  RECOVER_RETURN_IF_ERROR(database.Read([&](soci::session& sql) {
    sql << "SELECT COALESCE(MAX(sequence), 0) FROM jobs", soci::into(last);
    return Status::Ok();
  }));
  return last;
}

}  // namespace

Status JobService::Cancel(const KeyRecord& key, std::string_view process_id) {
  JobRecord job;
  RECOVER_RETURN_IF_ERROR(state_->parts.database->Write([&](soci::session& sql) -> Status {
    RECOVER_ASSIGN_OR_RETURN(job, FindOwn(sql, key, process_id));
    if (IsFinal(job.state)) {
      return {StatusCode::kConflict,
              "The job is " + std::string(JobStateName(job.state)) +
                  " already; only Pending and Processing jobs can be cancelled."};
    }
    MoveJob(sql, job, JobState::kCancelled, state_->Now());
    return Status::Ok();
  }));
  LogJob(job);
  state_->forecast.Invalidate();
  return Status::Ok();
}

Status JobService::Delete(const KeyRecord& key, std::string_view process_id) {
  std::vector<std::string> blobs;
  RECOVER_RETURN_IF_ERROR(state_->parts.database->Write([&](soci::session& sql) -> Status {
    RECOVER_ASSIGN_OR_RETURN(const JobRecord job, FindOwn(sql, key, process_id));
    if (!IsFinal(job.state)) {
      return {StatusCode::kConflict, "The job is " + std::string(JobStateName(job.state)) +
                                         "; only finished jobs can be deleted. Cancel it first."};
    }
    RemoveJob(sql, job, state_->Now(), blobs);
    return Status::Ok();
  }));
  RemoveBlobs(*state_->parts.blobs, blobs);
  return Status::Ok();
}

Result<int64_t> JobService::DeleteFinished(const KeyRecord& key) {
  // Those that are finished when asked: jobs that end meanwhile do not keep this going.
  RECOVER_ASSIGN_OR_RETURN(const long long last, LastSequence(*state_->parts.database));
  int64_t deleted = 0;
  while (true) {
    std::vector<std::string> ids;
    std::vector<std::string> blobs;
    RECOVER_RETURN_IF_ERROR(state_->parts.database->Write([&](soci::session& sql) -> Status {
      ids = FinishedJobs(sql, key.key_id, last);
      for (const std::string& id : ids) {
        RECOVER_ASSIGN_OR_RETURN(const JobRecord job, FindOwn(sql, key, id));
        RemoveJob(sql, job, state_->Now(), blobs);
      }
      return Status::Ok();
    }));
    RemoveBlobs(*state_->parts.blobs, blobs);
    deleted += static_cast<int64_t>(ids.size());
    if (ids.size() < kPerTransaction) {
      return deleted;
    }
  }
}

}  // namespace recover

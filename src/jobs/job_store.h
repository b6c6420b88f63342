// Jobs and inputs as rows, and the one way in which a job changes its state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "jobs/job.h"

namespace soci {
class session;
}

namespace recover {

// All run inside Database::Read or Write and throw soci::soci_error; a row that does not make
// sense is kCorruptInput.

/// An uploaded or fetched picture.
struct InputRecord {
  std::string source_id;
  int64_t key_id = 0;
  std::string filename;
  FileFormat format = FileFormat::kJpeg;
  Size size;  ///< After EXIF orientation.
  int64_t bytes = 0;
  UnixTime uploaded_at;
};

/// The network that the settings' model means; jobs of one network take alike.
std::string NetworkOf(const RequestSettings& settings);

/// The wall clock's second.
UnixTime UnixNow(const Clock& clock);

Result<std::optional<JobRecord>> FindJob(soci::session& sql, std::string_view process_id);

/// Jobs of a key with sequence < before, newest first, at most `limit`.
Result<std::vector<JobRecord>> JobsBefore(soci::session& sql, int64_t key_id, int64_t before,
                                          int limit);

/// Jobs in this state, Pending or Processing, in order of arrival; those of `worker_id` alone
/// unless that is empty.
Result<std::vector<JobRecord>> JobsInState(soci::session& sql, JobState state,
                                           const std::string& worker_id);

/// The job that is next in fairness: among keys with Pending jobs the one whose last claim is
/// longest ago, of those jobs the oldest.
Result<std::optional<JobRecord>> NextPendingJob(soci::session& sql);

/// Stores a new job; sets its sequence.
void InsertJob(soci::session& sql, JobRecord& job);

/// Moves `job` (as read in this transaction, with its new output_id, options_json, message,
/// attempts, claim_number and worker_id set) to another state, with all that goes along in the
/// same transaction: modification_time, credits, totals, the webhook's outbox row. The move must
/// be legal.
void MoveJob(soci::session& sql, JobRecord& job, JobState to, UnixTime now);

std::optional<InputRecord> FindInput(soci::session& sql, std::string_view source_id);
void InsertInput(soci::session& sql, const InputRecord& input);

/// One line in the log: after the transaction that changed the job has ended well.
void LogJob(const JobRecord& job);

}  // namespace recover

// Credits move here and nowhere else: the key's sums and the audit in one step.
#pragma once

#include <cstdint>
#include <string>

#include "jobs/job.h"

namespace soci {
class session;
}

namespace recover {

// All run inside Database::Write, in the transaction of the state change that they belong to, and
// throw soci::soci_error; a second move of one kind for one job is such an error.

/// Most credits that a key may ever be given.
inline constexpr int64_t kMaxGranted = 1'000'000'000'000'000;

/// Adds `credits` (>= 1) to the key. Errors: kInvalidArgument beyond kMaxGranted, kNotFound.
Status GrantCredits(soci::session& sql, int64_t key_id, int64_t credits, UnixTime now);

/// Sets aside what the job costs. Errors: kNoCredits, kNotFound.
Status ReserveCredits(soci::session& sql, const JobRecord& job, UnixTime now);

/// What was reserved is spent.
void ConsumeCredits(soci::session& sql, const JobRecord& job, UnixTime now);

/// What was reserved is free again.
void ReleaseCredits(soci::session& sql, const JobRecord& job, UnixTime now);

}  // namespace recover

// The writing side of the webhooks' outbox.
#pragma once

#include "jobs/job.h"

namespace soci {
class session;
}

namespace recover {

/// Puts the job, as it is now, into the outbox if it has a webhook. Inside Database::Write, in the
/// transaction that changes the job's state. Throws soci::soci_error.
void AddToOutbox(soci::session& sql, const JobRecord& job, UnixTime now);

}  // namespace recover

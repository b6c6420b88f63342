// What goes when a job goes: rows inside the transaction, files after it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/blob_store.h"
#include "jobs/job.h"

namespace soci {
class session;
}

namespace recover {

// The first four run inside Database::Write and throw soci::soci_error. Ids of blobs that no row
// names any more are added to `blobs` and remembered as removed; RemoveBlobs() takes the
// files away once the transaction has ended well. A crash between the two leaves orphans,
// which SweepOrphans() finds at the next start.

/// Removes an ended job: its row, its output, and its input unless other jobs use it.
void RemoveJob(soci::session& sql, const JobRecord& job, UnixTime now,
               std::vector<std::string>& blobs);

/// Removes up to `limit` jobs that ended before `ended_before`. Returns how many.
int RemoveOldJobs(soci::session& sql, UnixTime ended_before, int limit, UnixTime now,
                  std::vector<std::string>& blobs);

/// Removes up to `limit` inputs uploaded before `uploaded_before` that no living job needs.
/// Returns how many.
int RemoveOldInputs(soci::session& sql, UnixTime uploaded_before, int limit, UnixTime now,
                    std::vector<std::string>& blobs);

/// Removes what nothing refers to any more: memories of blobs removed before `removed_before` and
/// webhooks queued before `queued_before`, which count as dropped.
void ForgetOld(soci::session& sql, UnixTime removed_before, UnixTime queued_before);

/// Takes files away. One that cannot be removed is logged and left to the sweep.
void RemoveBlobs(BlobStore& blobs, const std::vector<std::string>& ids);

}  // namespace recover

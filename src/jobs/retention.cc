#include "jobs/retention.h"

#include <soci/soci.h>

#include "base/log.h"
#include "jobs/job_totals.h"

namespace recover {
namespace {

long long ToUnix(UnixTime time) { return time.time_since_epoch().count(); }

void Remember(soci::session& sql, const std::string& blob_id, UnixTime now,
              std::vector<std::string>& blobs) {
  const long long time = ToUnix(now);
  sql << "INSERT OR IGNORE INTO removed_blobs (blob_id, removed_at) VALUES (:id, :now)",
      soci::use(blob_id), soci::use(time);
  blobs.push_back(blob_id);
}

void RemoveInput(soci::session& sql, const std::string& source_id, UnixTime now,
                 std::vector<std::string>& blobs) {
  sql << "DELETE FROM inputs WHERE source_id = :id", soci::use(source_id);
  Remember(sql, source_id, now, blobs);
}

/// One text column of a query with one number.
std::vector<std::string> SelectIds(soci::session& sql, const std::string& query, long long value,
                                   int limit) {
  std::string id;
  soci::statement statement =
      (sql.prepare << query << " LIMIT " << limit, soci::into(id), soci::use(value, "value"));
  statement.execute();
  std::vector<std::string> ids;
  while (statement.fetch()) {
    ids.push_back(id);
  }
  return ids;
}

bool HasInput(soci::session& sql, const std::string& source_id) {
  int found = 0;
  sql << "SELECT EXISTS (SELECT 1 FROM inputs WHERE source_id = :id)", soci::into(found),
      soci::use(source_id);
  return found != 0;
}

bool HasJobOn(soci::session& sql, const std::string& source_id) {
  int found = 0;
  sql << "SELECT EXISTS (SELECT 1 FROM jobs WHERE source_id = :id)", soci::into(found),
      soci::use(source_id);
  return found != 0;
}

}  // namespace

void RemoveJob(soci::session& sql, const JobRecord& job, UnixTime now,
               std::vector<std::string>& blobs) {
  sql << "DELETE FROM jobs WHERE process_id = :id", soci::use(job.process_id);
  if (!job.output_id.empty()) {
    Remember(sql, job.output_id, now, blobs);
  }
  if (!HasJobOn(sql, job.source_id) && HasInput(sql, job.source_id)) {
    RemoveInput(sql, job.source_id, now, blobs);
  }
}

int RemoveOldJobs(soci::session& sql, UnixTime ended_before, int limit, UnixTime now,
                  std::vector<std::string>& blobs) {
  const std::vector<std::string> ids =
      SelectIds(sql,
                "SELECT process_id FROM jobs WHERE ended_at > 0 AND ended_at < :value "
                "ORDER BY ended_at",
                ToUnix(ended_before), limit);
  for (const std::string& process_id : ids) {
    JobRecord job;
    job.process_id = process_id;
    sql << "SELECT source_id, output_id FROM jobs WHERE process_id = :id",
        soci::into(job.source_id), soci::into(job.output_id), soci::use(process_id);
    RemoveJob(sql, job, now, blobs);
  }
  return static_cast<int>(ids.size());
}

int RemoveOldInputs(soci::session& sql, UnixTime uploaded_before, int limit, UnixTime now,
                    std::vector<std::string>& blobs) {
  const std::vector<std::string> ids =
      SelectIds(sql,
                "SELECT source_id FROM inputs WHERE uploaded_at < :value AND NOT EXISTS "
                "(SELECT 1 FROM jobs WHERE jobs.source_id = inputs.source_id AND ended_at = 0) "
                "ORDER BY uploaded_at",
                ToUnix(uploaded_before), limit);
  for (const std::string& source_id : ids) {
    RemoveInput(sql, source_id, now, blobs);
  }
  return static_cast<int>(ids.size());
}

void ForgetOld(soci::session& sql, UnixTime removed_before, UnixTime queued_before) {
  const long long removed = ToUnix(removed_before);
  const long long queued = ToUnix(queued_before);
  int dropped = 0;
  sql << "DELETE FROM removed_blobs WHERE removed_at < :value", soci::use(removed);
  sql << "SELECT COUNT(*) FROM outbox WHERE queued_at < :value", soci::into(dropped),
      soci::use(queued);
  if (dropped > 0) {
    sql << "DELETE FROM outbox WHERE queued_at < :value", soci::use(queued);
    AddToTotal(sql, kWebhooksDroppedTotal, dropped);
  }
}

void RemoveBlobs(BlobStore& blobs, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (const Status status = blobs.Remove(id); !status.ok()) {
      Log(LogLevel::kWarning, "a file could not be removed; the next start tries again",
          {{"blob", id}, {"why", status.message()}});
    }
  }
}

}  // namespace recover

#include "jobs/job_outbox.h"

#include <soci/soci.h>

#include "base/ids.h"

namespace recover {

void AddToOutbox(soci::session& sql, const JobRecord& job, UnixTime now) {
  if (job.webhook_url.empty()) {
    return;
  }
  const std::string notification_id = NewUlid(now);
  const std::string state(JobStateName(job.state));
  const long long key_id = job.key_id;
  const long long created_at = job.creation_time.time_since_epoch().count();
  const long long modified_at = job.modification_time.time_since_epoch().count();
  const long long queued_at = now.time_since_epoch().count();
  sql << "INSERT INTO outbox (notification_id, process_id, key_id, url, origin, source_id, "
         "output_id, state, progress, created_at, modified_at, queued_at) VALUES (:notification, "
         ":process, :key, :url, :origin, :source, :output, :state, :progress, :created, "
         ":modified, :queued)",
      soci::use(notification_id), soci::use(job.process_id), soci::use(key_id),
      soci::use(job.webhook_url), soci::use(job.origin), soci::use(job.source_id),
      soci::use(job.output_id), soci::use(state), soci::use(job.progress), soci::use(created_at),
      soci::use(modified_at), soci::use(queued_at);
}

}  // namespace recover

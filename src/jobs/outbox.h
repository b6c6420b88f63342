// The reading side of the webhooks' outbox (job_outbox.h writes it).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/database.h"
#include "jobs/job.h"

namespace recover {

/// Enough of a row to know when its turn is.
struct OutboxEntry {
  int64_t outbox_id = 0;
  std::string process_id;
  int64_t key_id = 0;
  int tries = 0;
  std::chrono::milliseconds next_try{0};  ///< Since 1970, by the wall clock when it was written.
};

/// All that a delivery says.
struct OutboxMessage {
  std::string notification_id;  ///< ULID; the same in each try.
  std::string process_id;
  std::string url;
  std::string origin;
  std::string source_id;
  std::string output_id;
  JobState state = JobState::kPending;
  int progress = 0;
  UnixTime creation_time;
  UnixTime modification_time;
  int tries = 0;               ///< Failed so far.
  std::string webhook_secret;  ///< Of the job's key.
};

/// Thread-safe.
class Outbox {
 public:
  explicit Outbox(std::shared_ptr<Database> database) : database_(std::move(database)) {}

  /// At most `limit` entries with an id above `after`, by id: the order in which the jobs changed.
  Result<std::vector<OutboxEntry>> EntriesAfter(int64_t after, int limit) const;

  /// Nothing when the row is gone.
  Result<std::optional<OutboxMessage>> Find(int64_t outbox_id) const;

  /// Done with: the row goes and is counted. A row that is gone already counts nothing.
  Status Remove(int64_t outbox_id, bool is_delivered);

  /// A try failed; the next one is due after `wait`.
  Status Postpone(int64_t outbox_id, int tries, std::chrono::milliseconds wait);

  const Clock& clock() const { return database_->clock(); }

 private:
  std::shared_ptr<Database> database_;  // shared with the other parts of the server
};

}  // namespace recover

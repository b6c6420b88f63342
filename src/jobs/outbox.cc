#include "jobs/outbox.h"

#include <soci/soci.h>

#include "jobs/job_totals.h"

namespace recover {
namespace {

// SOCI binds BIGINT to this type alone.
using BigInt = long long;

UnixTime TimeOf(BigInt seconds) { return UnixTime(std::chrono::seconds(seconds)); }

Status ReadMessage(soci::session& sql, BigInt id, std::optional<OutboxMessage>& found) {
  OutboxMessage message;
  std::string state;
  BigInt created_at = 0;
  BigInt modified_at = 0;
  sql << "SELECT o.notification_id, o.process_id, o.url, o.origin, o.source_id, o.output_id, "
         "o.state, o.progress, o.created_at, o.modified_at, o.tries, "
         "COALESCE(k.webhook_secret, '') "
         "FROM outbox o LEFT JOIN keys k ON k.key_id = o.key_id WHERE o.outbox_id = :id",
      soci::into(message.notification_id), soci::into(message.process_id), soci::into(message.url),
      soci::into(message.origin), soci::into(message.source_id), soci::into(message.output_id),
      soci::into(state), soci::into(message.progress), soci::into(created_at),
      soci::into(modified_at), soci::into(message.tries), soci::into(message.webhook_secret),
      soci::use(id);
  if (!sql.got_data()) {
    return Status::Ok();
  }
  RECOVER_ASSIGN_OR_RETURN(message.state, ParseJobState(state));
  message.creation_time = TimeOf(created_at);
  message.modification_time = TimeOf(modified_at);
  found = std::move(message);
  return Status::Ok();
}

}  // namespace

Result<std::vector<OutboxEntry>> Outbox::EntriesAfter(int64_t after, int limit) const {
  std::vector<OutboxEntry> entries;
  const Status status = database_->Read([&](soci::session& sql) {
    entries.clear();
    const BigInt from = after;
    BigInt id = 0;
    BigInt key_id = 0;
    BigInt next_try_ms = 0;
    OutboxEntry entry;
    soci::statement rows =
        (sql.prepare << "SELECT outbox_id, process_id, key_id, tries, next_try_ms FROM outbox "
                        "WHERE outbox_id > :from ORDER BY outbox_id LIMIT :limit",
         soci::into(id), soci::into(entry.process_id), soci::into(key_id), soci::into(entry.tries),
         soci::into(next_try_ms), soci::use(from), soci::use(limit));
    rows.execute();
    while (rows.fetch()) {
      entry.outbox_id = id;
      entry.key_id = key_id;
      entry.next_try = std::chrono::milliseconds(next_try_ms);
      entries.push_back(entry);
    }
    return Status::Ok();
  });
  RECOVER_RETURN_IF_ERROR(status);
  return entries;
}

Result<std::optional<OutboxMessage>> Outbox::Find(int64_t outbox_id) const {
  std::optional<OutboxMessage> found;
  RECOVER_RETURN_IF_ERROR(
      database_->Read([&](soci::session& sql) { return ReadMessage(sql, outbox_id, found); }));
  return found;
}

Status Outbox::Remove(int64_t outbox_id, bool is_delivered) {
  return database_->Write([&](soci::session& sql) {
    const BigInt id = outbox_id;
    soci::statement removal =
        (sql.prepare << "DELETE FROM outbox WHERE outbox_id = :id", soci::use(id));
    removal.execute(true);
    if (removal.get_affected_rows() > 0) {
      AddToTotal(sql, is_delivered ? kWebhooksDeliveredTotal : kWebhooksDroppedTotal, 1);
    }
    return Status::Ok();
  });
}

Status Outbox::Postpone(int64_t outbox_id, int tries, std::chrono::milliseconds wait) {
  return database_->Write([&](soci::session& sql) {
    const BigInt id = outbox_id;
    const auto now = clock().WallNow().time_since_epoch();
    const BigInt next_try_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(now + wait).count();
    sql << "UPDATE outbox SET tries = :tries, next_try_ms = :next WHERE outbox_id = :id",
        soci::use(tries), soci::use(next_try_ms), soci::use(id);
    return Status::Ok();
  });
}

}  // namespace recover

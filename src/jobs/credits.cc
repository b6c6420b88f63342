#include "jobs/credits.h"

#include <soci/soci.h>

namespace recover {
namespace {

struct Sums {
  bool found = false;
  long long granted = 0;
  long long reserved = 0;
  long long consumed = 0;
};

Sums ReadSums(soci::session& sql, int64_t key_id) {
  Sums sums;
  const long long key = key_id;
  sql << "SELECT granted, reserved, consumed FROM keys WHERE key_id = :key",
      soci::into(sums.granted), soci::into(sums.reserved), soci::into(sums.consumed),
      soci::use(key);
  sums.found = sql.got_data();
  return sums;
}

void AddEvent(soci::session& sql, int64_t key_id, const std::string& process_id, const char* kind,
              int64_t credits, UnixTime now) {
  const long long key = key_id;
  const long long amount = credits;
  const long long time = now.time_since_epoch().count();
  const std::string kind_text = kind;
  sql << "INSERT INTO credit_events (key_id, process_id, kind, credits, created_at) "
         "VALUES (:key, :job, :kind, :credits, :now)",
      soci::use(key), soci::use(process_id), soci::use(kind_text), soci::use(amount),
      soci::use(time);
}

Status NoKey() { return {StatusCode::kNotFound, "There is no such key."}; }

}  // namespace

Status GrantCredits(soci::session& sql, int64_t key_id, int64_t credits, UnixTime now) {
  const Sums sums = ReadSums(sql, key_id);
  if (!sums.found) {
    return NoKey();
  }
  if (credits < 1 || credits > kMaxGranted - sums.granted) {
    return {StatusCode::kInvalidArgument,
            "Credits are granted 1 or more at a time, and a key may have " +
                std::to_string(kMaxGranted) + " at most."};
  }
  const long long key = key_id;
  const long long amount = credits;
  sql << "UPDATE keys SET granted = granted + :amount WHERE key_id = :key", soci::use(amount),
      soci::use(key);
  AddEvent(sql, key_id, "", "grant", credits, now);
  return Status::Ok();
}

Status ReserveCredits(soci::session& sql, const JobRecord& job, UnixTime now) {
  const Sums sums = ReadSums(sql, job.key_id);
  if (!sums.found) {
    return NoKey();
  }
  if (sums.granted - sums.reserved - sums.consumed < job.credits) {
    return {StatusCode::kNoCredits, "Insufficient funds."};
  }
  const long long key = job.key_id;
  const long long amount = job.credits;
  sql << "UPDATE keys SET reserved = reserved + :amount WHERE key_id = :key", soci::use(amount),
      soci::use(key);
  AddEvent(sql, job.key_id, job.process_id, "reserve", job.credits, now);
  return Status::Ok();
}

void ConsumeCredits(soci::session& sql, const JobRecord& job, UnixTime now) {
  const long long key = job.key_id;
  const long long amount = job.credits;
  // One statement: the check of the table holds after it, not between.
  sql << "UPDATE keys SET reserved = reserved - :amount, consumed = consumed + :spent "
         "WHERE key_id = :key",
      soci::use(amount), soci::use(amount), soci::use(key);
  AddEvent(sql, job.key_id, job.process_id, "consume", job.credits, now);
}

void ReleaseCredits(soci::session& sql, const JobRecord& job, UnixTime now) {
  const long long key = job.key_id;
  const long long amount = job.credits;
  sql << "UPDATE keys SET reserved = reserved - :amount WHERE key_id = :key", soci::use(amount),
      soci::use(key);
  AddEvent(sql, job.key_id, job.process_id, "release", job.credits, now);
}

}  // namespace recover

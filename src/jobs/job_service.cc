#include "jobs/job_service.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <soci/soci.h>

#include "base/check.h"
#include "base/hmac.h"
#include "base/ids.h"
#include "base/strings.h"
#include "jobs/job_cursor.h"
#include "jobs/job_service_state.h"
#include "jobs/job_store.h"
#include "jobs/job_text.h"
#include "jobs/job_totals.h"

namespace recover {
namespace {

constexpr std::chrono::seconds kKeyFresh{1};
constexpr size_t kMaxCachedKeys = 10'000;
constexpr size_t kMaxCachedJobs = 10'000;

Status NoJob() {
  return {StatusCode::kNotFound, "There is no such job; jobs are removed 7 days after their end."};
}

/// The store's secret, made by whoever comes first.
Result<std::string> EnsureUrlSecret(Database& database) {
  std::string secret;
  const std::string fresh = NewSecret();
  RECOVER_RETURN_IF_ERROR(database.Write([&](soci::session& sql) {
    sql << "INSERT OR IGNORE INTO meta (name, value) VALUES ('url_secret', :fresh)",
        soci::use(fresh);
    sql << "SELECT value FROM meta WHERE name = 'url_secret'", soci::into(secret);
    return Status::Ok();
  }));
  return secret;
}

int64_t CountLiving(soci::session& sql, const char* state) {
  long long count = 0;
  sql << "SELECT COUNT(*) FROM jobs WHERE state = '" << state << "' AND ended_at = 0",
      soci::into(count);
  return count;
}

int64_t ReadCount(soci::session& sql, const char* name) {
  return static_cast<int64_t>(ReadTotal(sql, name));
}

struct BlobOwner {
  std::string filename;
  std::string format;
  bool is_output = false;
};

std::optional<BlobOwner> FindOwner(soci::session& sql, const std::string& blob_id) {
  BlobOwner owner;
  sql << "SELECT filename, format FROM inputs WHERE source_id = :id", soci::into(owner.filename),
      soci::into(owner.format), soci::use(blob_id);
  if (sql.got_data()) {
    return owner;
  }
  owner.is_output = true;
  sql << "SELECT filename, output_format FROM jobs WHERE output_id = :id AND output_id <> ''",
      soci::into(owner.filename), soci::into(owner.format), soci::use(blob_id);
  return sql.got_data() ? std::optional(owner) : std::nullopt;
}

bool WasRemoved(soci::session& sql, const std::string& blob_id) {
  int found = 0;
  sql << "SELECT EXISTS (SELECT 1 FROM removed_blobs WHERE blob_id = :id)", soci::into(found),
      soci::use(blob_id);
  return found != 0;
}

}  // namespace

KeyCache::KeyCache() : secret_(NewSecret()) {}

Result<KeyRecord> KeyCache::Find(const KeyStore& keys, const Clock& clock,
                                 std::string_view key_text) {
  const std::string place = HmacSha256Hex(secret_, key_text);
  const auto now = clock.Now();
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(place);
    if (entry != entries_.end() && now - entry->second.read_at < kKeyFresh) {
      return entry->second.key;
    }
  }
  // Texts that are no key are not kept: a guesser would fill the memory.
  RECOVER_ASSIGN_OR_RETURN(KeyRecord key, keys.FindByText(key_text));
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMaxCachedKeys) {
    entries_.clear();
  }
  entries_[place] = {.key = key, .read_at = now};
  return key;
}

Result<std::optional<JobRecord>> JobCache::Find(const Database& database,
                                                std::string_view process_id) {
  const std::string id = AsciiLower(process_id);
  RECOVER_ASSIGN_OR_RETURN(const int64_t version, database.Version());
  {
    const std::lock_guard lock(mutex_);
    const auto job = jobs_.find(id);
    if (version_ == version && job != jobs_.end()) {
      return std::optional<JobRecord>(job->second);
    }
  }
  std::optional<JobRecord> job;
  RECOVER_RETURN_IF_ERROR(database.Read([&](soci::session& sql) -> Status {
    RECOVER_ASSIGN_OR_RETURN(job, FindJob(sql, id));
    return Status::Ok();
  }));
  const std::lock_guard lock(mutex_);
  if (version > version_) {
    jobs_.clear();
    version_ = version;
  }
  // What was read may be newer than `version` says, never older.
  if (job && version == version_) {
    if (jobs_.size() >= kMaxCachedJobs) {
      jobs_.clear();
    }
    jobs_.insert_or_assign(id, *job);
  }
  return job;
}

UnixTime JobService::State::Now() const { return UnixNow(parts.database->clock()); }

JobService::JobService(std::unique_ptr<State> state) : state_(std::move(state)) {}
JobService::~JobService() = default;

Result<std::unique_ptr<JobService>> JobService::Create(Parts parts) {
  RECOVER_CHECK(parts.database && parts.blobs);
  auto state = std::make_unique<State>(std::move(parts));
  RECOVER_ASSIGN_OR_RETURN(state->url_secret, EnsureUrlSecret(*state->parts.database));
  return std::unique_ptr<JobService>(new JobService(std::move(state)));
}

const std::string& JobService::url_secret() const { return state_->url_secret; }

Result<KeyRecord> JobService::Authenticate(std::string_view key_text) {
  RECOVER_ASSIGN_OR_RETURN(
      KeyRecord key,
      state_->key_cache.Find(state_->keys, state_->parts.database->clock(), key_text));
  if (key.is_revoked) {
    return Status(StatusCode::kUnauthenticated, "The API key has been revoked.");
  }
  return key;
}

Result<JobRecord> JobService::Find(const KeyRecord& key, std::string_view process_id) {
  RECOVER_ASSIGN_OR_RETURN(std::optional<JobRecord> job,
                           state_->job_cache.Find(*state_->parts.database, process_id));
  if (!job || job->key_id != key.key_id) {
    return NoJob();
  }
  job->eta = state_->forecast.EtaOf(*job);
  return *std::move(job);
}

Result<JobPage> JobService::List(const KeyRecord& key, int limit, std::string_view cursor) {
  RECOVER_CHECK(limit >= 1);
  int64_t before = std::numeric_limits<int64_t>::max();
  if (!cursor.empty()) {
    RECOVER_ASSIGN_OR_RETURN(before, DecodeCursor(state_->url_secret, key.key_id, cursor));
  }
  JobPage page;
  RECOVER_RETURN_IF_ERROR(state_->parts.database->Read([&](soci::session& sql) -> Status {
    // One more than asked tells whether there is a next page.
    RECOVER_ASSIGN_OR_RETURN(page.jobs, JobsBefore(sql, key.key_id, before, limit + 1));
    return Status::Ok();
  }));
  if (page.jobs.size() > static_cast<size_t>(limit)) {
    page.jobs.pop_back();
    page.next_cursor = EncodeCursor(state_->url_secret, key.key_id, page.jobs.back().sequence);
  }
  for (JobRecord& job : page.jobs) {
    job.eta = state_->forecast.EtaOf(job);
  }
  return page;
}

Result<KeyRecord> JobService::Balance(const KeyRecord& key) {
  return state_->keys.Find(key.key_id);
}

Result<StoredFile> JobService::FindFile(std::string_view blob_id) {
  const Status unknown(StatusCode::kNotFound, "There is no such file.");
  if (!IsUuid(blob_id)) {
    return unknown;
  }
  const std::string id = AsciiLower(blob_id);
  std::optional<BlobOwner> owner;
  bool was_removed = false;
  RECOVER_RETURN_IF_ERROR(state_->parts.database->Read([&](soci::session& sql) {
    owner = FindOwner(sql, id);
    was_removed = !owner && WasRemoved(sql, id);
    return Status::Ok();
  }));
  if (was_removed) {
    return Status(StatusCode::kGone, "The file has been removed.");
  }
  if (!owner) {
    return unknown;
  }
  StoredFile file{.path = state_->parts.blobs->PathOf(id)};
  RECOVER_ASSIGN_OR_RETURN(file.format, ParseFormatName(owner->format));
  file.filename = owner->is_output ? OutputFileName(owner->filename, file.format)
                                   : InputFileName(owner->filename, file.format);
  return file;
}

Status JobService::CheckReady() {
  RECOVER_RETURN_IF_ERROR(state_->parts.database->Read([](soci::session& sql) {
    int one = 0;
    sql << "SELECT COUNT(*) FROM meta", soci::into(one);
    return Status::Ok();
  }));
  return CheckFreeSpace(*state_->parts.blobs, state_->parts.limits);
}

Result<ServiceStats> JobService::Stats() {
  ServiceStats stats;
  RECOVER_RETURN_IF_ERROR(state_->parts.database->Read([&](soci::session& sql) {
    stats.pending = CountLiving(sql, "Pending");
    stats.processing = CountLiving(sql, "Processing");
    stats.completed_total = ReadCount(sql, kCompletedTotal);
    stats.failed_total = ReadCount(sql, kFailedTotal);
    stats.cancelled_total = ReadCount(sql, kCancelledTotal);
    stats.output_megapixels_total = ReadTotal(sql, kMegapixelsTotal);
    stats.decode_seconds_total = ReadTotal(sql, kDecodeSecondsTotal);
    stats.resample_seconds_total = ReadTotal(sql, kResampleSecondsTotal);
    stats.network_seconds_total = ReadTotal(sql, kNetworkSecondsTotal);
    stats.encode_seconds_total = ReadTotal(sql, kEncodeSecondsTotal);
    stats.job_seconds_total = ReadTotal(sql, kJobSecondsTotal);
    long long webhooks = 0;
    sql << "SELECT COUNT(*) FROM outbox", soci::into(webhooks);
    stats.webhooks_pending = webhooks;
    stats.webhooks_delivered_total = ReadCount(sql, kWebhooksDeliveredTotal);
    stats.webhooks_dropped_total = ReadCount(sql, kWebhooksDroppedTotal);
    return Status::Ok();
  }));
  return stats;
}

}  // namespace recover

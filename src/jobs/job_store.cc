#include "jobs/job_store.h"

#include <algorithm>
#include <limits>

#include <soci/soci.h>

#include "base/check.h"
#include "base/log.h"
#include "base/strings.h"
#include "jobs/credits.h"
#include "jobs/job_outbox.h"
#include "jobs/job_totals.h"
#include "jobs/setting_table.h"

namespace recover {
namespace {

constexpr char kSelect[] =
    "SELECT sequence, process_id, key_id, source_id, output_id, filename, input_format, "
    "input_width, input_height, output_width, output_height, settings, options, state, progress, "
    "credits, message, webhook_url, origin, created_at, modified_at, worker_id, attempts, "
    "claim_number FROM jobs ";

/// A row in SOCI's types; texts that need no parsing go straight into the record.
struct JobRow {
  JobRecord record;
  long long sequence = 0;
  long long key_id = 0;
  std::string input_format;
  std::string settings;
  std::string state;
  long long credits = 0;
  long long created_at = 0;
  long long modified_at = 0;
};

void ExchangeRow(soci::statement& statement, JobRow& row) {
  JobRecord& job = row.record;
  statement.exchange(soci::into(row.sequence));
  statement.exchange(soci::into(job.process_id));
  statement.exchange(soci::into(row.key_id));
  statement.exchange(soci::into(job.source_id));
  statement.exchange(soci::into(job.output_id));
  statement.exchange(soci::into(job.filename));
  statement.exchange(soci::into(row.input_format));
  statement.exchange(soci::into(job.input_size.width));
  statement.exchange(soci::into(job.input_size.height));
  statement.exchange(soci::into(job.output_size.width));
  statement.exchange(soci::into(job.output_size.height));
  statement.exchange(soci::into(row.settings));
  statement.exchange(soci::into(job.options_json));
  statement.exchange(soci::into(row.state));
  statement.exchange(soci::into(job.progress));
  statement.exchange(soci::into(row.credits));
  statement.exchange(soci::into(job.message));
  statement.exchange(soci::into(job.webhook_url));
  statement.exchange(soci::into(job.origin));
  statement.exchange(soci::into(row.created_at));
  statement.exchange(soci::into(row.modified_at));
  statement.exchange(soci::into(job.worker_id));
  statement.exchange(soci::into(job.attempts));
  statement.exchange(soci::into(job.claim_number));
}

UnixTime FromUnix(long long seconds) { return UnixTime(std::chrono::seconds(seconds)); }
long long ToUnix(UnixTime time) { return time.time_since_epoch().count(); }

Result<JobRecord> ReadRow(const JobRow& row) {
  JobRecord job = row.record;
  job.sequence = row.sequence;
  job.key_id = row.key_id;
  job.credits = row.credits;
  job.creation_time = FromUnix(row.created_at);
  job.modification_time = FromUnix(row.modified_at);
  RECOVER_ASSIGN_OR_RETURN(job.input_format, ParseFormatName(row.input_format));
  RECOVER_ASSIGN_OR_RETURN(job.state, ParseJobState(row.state));
  RECOVER_ASSIGN_OR_RETURN(const Json settings, ParseJson(row.settings, "settings"));
  RECOVER_ASSIGN_OR_RETURN(job.settings, SettingsFromJson(settings));
  return job;
}

/// A value for a named place of a query.
template <typename T>
struct Named {
  const char* name;
  T value;
};

template <typename... T>
Result<std::vector<JobRecord>> SelectJobs(soci::session& sql, const char* rest,
                                          const Named<T>&... values) {
  JobRow row;
  soci::statement statement(sql);
  ExchangeRow(statement, row);
  (statement.exchange(soci::use(values.value, values.name)), ...);
  statement.alloc();
  statement.prepare(std::string(kSelect) + rest);
  statement.define_and_bind();
  statement.execute();
  std::vector<JobRecord> jobs;
  while (statement.fetch()) {
    Result<JobRecord> job = ReadRow(row);
    if (!job) {
      return Status(StatusCode::kCorruptInput, "The store's row of job " + row.record.process_id +
                                                   " makes no sense: " + job.error().message());
    }
    jobs.push_back(*std::move(job));
  }
  return jobs;
}

Result<std::optional<JobRecord>> FirstOf(Result<std::vector<JobRecord>> jobs) {
  if (!jobs) {
    return jobs.error();
  }
  if (jobs->empty()) {
    return std::optional<JobRecord>();
  }
  return std::optional<JobRecord>(std::move(jobs->front()));
}

/// What a final state does besides being stored.
void SettleEnd(soci::session& sql, const JobRecord& job, UnixTime now) {
  if (job.state == JobState::kCompleted) {
    ConsumeCredits(sql, job, now);
    AddToTotal(sql, kCompletedTotal, 1);
    AddToTotal(sql, kMegapixelsTotal, job.output_megapixels());
  } else {
    ReleaseCredits(sql, job, now);
    AddToTotal(sql, job.state == JobState::kFailed ? kFailedTotal : kCancelledTotal, 1);
  }
}

}  // namespace

std::string NetworkOf(const RequestSettings& settings) {
  const Result<const ServedModel*> model = FindServedModel(settings.model);
  return std::string(model ? (*model)->network : settings.model);
}

UnixTime UnixNow(const Clock& clock) {
  return std::chrono::floor<std::chrono::seconds>(clock.WallNow());
}

Result<std::optional<JobRecord>> FindJob(soci::session& sql, std::string_view process_id) {
  return FirstOf(
      SelectJobs(sql, "WHERE process_id = :id", Named<std::string>{"id", AsciiLower(process_id)}));
}

Result<std::vector<JobRecord>> JobsBefore(soci::session& sql, int64_t key_id, int64_t before,
                                          int limit) {
  return SelectJobs(
      sql, "WHERE key_id = :key AND sequence < :before ORDER BY sequence DESC LIMIT :limit",
      Named<long long>{"key", key_id}, Named<long long>{"before", before},
      Named<int>{"limit", limit});
}

Result<std::vector<JobRecord>> JobsInState(soci::session& sql, JobState state,
                                           const std::string& worker_id) {
  const std::string rest =
      "WHERE state = '" + std::string(JobStateName(state)) +
      "' AND ended_at = 0 AND (:worker = '' OR worker_id = :same) ORDER BY sequence";
  return SelectJobs(sql, rest.c_str(), Named<std::string>{"worker", worker_id},
                    Named<std::string>{"same", worker_id});
}

Result<std::optional<JobRecord>> NextPendingJob(soci::session& sql) {
  long long key_id = 0;
  sql << "SELECT key_id FROM keys WHERE EXISTS "
         "(SELECT 1 FROM jobs WHERE jobs.key_id = keys.key_id AND state = 'Pending' "
         "AND ended_at = 0) "
         "ORDER BY last_claim, key_id LIMIT 1",
      soci::into(key_id);
  if (!sql.got_data()) {
    return std::optional<JobRecord>();
  }
  return FirstOf(SelectJobs(
      sql, "WHERE state = 'Pending' AND ended_at = 0 AND key_id = :key ORDER BY sequence LIMIT 1",
      Named<long long>{"key", key_id}));
}

void InsertJob(soci::session& sql, JobRecord& job) {
  const long long key_id = job.key_id;
  const std::string input_format(DefaultExtension(job.input_format));
  const std::string output_format(DefaultExtension(job.settings.output_format));
  const std::string settings = DumpJson(SettingsToJson(job.settings));
  const std::string network = NetworkOf(job.settings);
  const long long credits = job.credits;
  const long long created_at = ToUnix(job.creation_time);
  const long long modified_at = ToUnix(job.modification_time);
  sql << "INSERT INTO jobs (process_id, key_id, source_id, filename, input_format, input_width, "
         "input_height, output_width, output_height, output_format, settings, network, options, "
         "credits, "
         "webhook_url, "
         "origin, created_at, modified_at) VALUES (:process, :key, :source, :filename, :format, "
         ":iw, :ih, :ow, :oh, :output_format, :settings, :network, :options, :credits, :webhook, "
         ":origin, "
         ":created, "
         ":modified)",
      soci::use(job.process_id), soci::use(key_id), soci::use(job.source_id),
      soci::use(job.filename), soci::use(input_format), soci::use(job.input_size.width),
      soci::use(job.input_size.height), soci::use(job.output_size.width),
      soci::use(job.output_size.height), soci::use(output_format), soci::use(settings),
      soci::use(network), soci::use(job.options_json), soci::use(credits),
      soci::use(job.webhook_url), soci::use(job.origin), soci::use(created_at),
      soci::use(modified_at);
  long long sequence = 0;
  sql << "SELECT last_insert_rowid()", soci::into(sequence);
  job.sequence = sequence;
}

void MoveJob(soci::session& sql, JobRecord& job, JobState to, UnixTime now) {
  RECOVER_CHECK(IsLegalMove(job.state, to));
  job.state = to;
  job.modification_time = std::max(job.modification_time, now);
  if (to == JobState::kCompleted) {
    job.progress = 100;
  }
  const std::string state(JobStateName(to));
  const long long modified_at = ToUnix(job.modification_time);
  const long long ended_at = IsFinal(to) ? modified_at : 0;
  const long long sequence = job.sequence;
  sql << "UPDATE jobs SET state = :state, progress = :progress, output_id = :output, "
         "options = :options, message = :message, attempts = :attempts, "
         "claim_number = :claim, worker_id = :worker, modified_at = :modified, "
         "ended_at = :ended WHERE sequence = :sequence",
      soci::use(state), soci::use(job.progress), soci::use(job.output_id),
      soci::use(job.options_json), soci::use(job.message), soci::use(job.attempts),
      soci::use(job.claim_number), soci::use(job.worker_id), soci::use(modified_at),
      soci::use(ended_at), soci::use(sequence);
  if (IsFinal(to)) {
    SettleEnd(sql, job, now);
  }
  AddToOutbox(sql, job, now);
}

std::optional<InputRecord> FindInput(soci::session& sql, std::string_view source_id) {
  InputRecord input;
  const std::string id = AsciiLower(source_id);
  std::string format;
  long long key_id = 0, bytes = 0, uploaded_at = 0;
  sql << "SELECT source_id, key_id, filename, format, width, height, bytes, uploaded_at "
         "FROM inputs WHERE source_id = :id",
      soci::into(input.source_id), soci::into(key_id), soci::into(input.filename),
      soci::into(format), soci::into(input.size.width), soci::into(input.size.height),
      soci::into(bytes), soci::into(uploaded_at), soci::use(id);
  if (!sql.got_data()) {
    return std::nullopt;
  }
  const Result<FileFormat> parsed = ParseFormatName(format);
  if (!parsed) {
    return std::nullopt;
  }
  input.format = *parsed;
  input.key_id = key_id;
  input.bytes = bytes;
  input.uploaded_at = FromUnix(uploaded_at);
  return input;
}

void InsertInput(soci::session& sql, const InputRecord& input) {
  const std::string format(DefaultExtension(input.format));
  const long long key_id = input.key_id;
  const long long bytes = input.bytes;
  const long long uploaded_at = ToUnix(input.uploaded_at);
  sql << "INSERT INTO inputs (source_id, key_id, filename, format, width, height, bytes, "
         "uploaded_at) VALUES (:id, :key, :filename, :format, :width, :height, :bytes, :now)",
      soci::use(input.source_id), soci::use(key_id), soci::use(input.filename), soci::use(format),
      soci::use(input.size.width), soci::use(input.size.height), soci::use(bytes),
      soci::use(uploaded_at);
}

void LogJob(const JobRecord& job) {
  const std::string message = "job " + AsciiLower(JobStateName(job.state));
  if (job.state == JobState::kFailed) {
    Log(LogLevel::kWarning, message,
        {{"job", job.process_id}, {"key", job.key_id}, {"why", job.message}});
    return;
  }
  Log(LogLevel::kInfo, message,
      {{"job", job.process_id},
       {"key", job.key_id},
       {"model", job.settings.model},
       {"mp", job.output_megapixels()},
       {"attempt", job.attempts}});
}

}  // namespace recover

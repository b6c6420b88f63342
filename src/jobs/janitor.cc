#include "jobs/janitor.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include <soci/soci.h>

#include "base/log.h"
#include "jobs/job_store.h"
#include "jobs/retention.h"

namespace recover {
namespace {

/// One transaction removes so many at most, so that others get their turn.
constexpr int kPerTransaction = 200;
constexpr std::chrono::hours kOrphanAge{1};
/// Signed URLs live for an hour: after a month nobody asks for a removed file any more.
constexpr std::chrono::hours kMemoryOfRemoved{24 * 30};

using IdSet = std::unordered_set<std::string>;

void CollectIds(soci::session& sql, const char* query, IdSet& ids) {
  std::string id;
  soci::statement statement = (sql.prepare << query, soci::into(id));
  statement.execute();
  while (statement.fetch()) {
    ids.insert(id);
  }
}

/// Since the file was last written; nothing when that cannot be told.
std::optional<std::chrono::system_clock::duration> AgeOf(const std::filesystem::path& path,
                                                         const Clock& clock) {
  std::error_code error;
  const auto written = std::filesystem::last_write_time(path, error);
  if (error) {
    return std::nullopt;
  }
  return clock.WallNow() - std::chrono::time_point_cast<std::chrono::system_clock::duration>(
                               std::chrono::file_clock::to_sys(written));
}

}  // namespace

Janitor::~Janitor() {
  thread_.request_stop();
  // Joined here, while what it waits on is still there.
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Janitor::Start() {
  if (const Result<int64_t> orphans = SweepOrphans(std::nullopt); !orphans) {
    Log(LogLevel::kWarning, "orphaned files were not looked for",
        {{"why", orphans.error().message()}});
  } else if (*orphans > 0) {
    Log(LogLevel::kInfo, "files removed that no job needs", {{"files", *orphans}});
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Janitor::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    LogRound(RunOnce());
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, options_.period, [] { return false; });
  }
}

void Janitor::LogRound(const Result<JanitorReport>& report) const {
  if (!report) {
    Log(LogLevel::kWarning, "cleaning up failed; it is tried again",
        {{"why", report.error().message()}});
  } else if (report->jobs + report->inputs + report->orphans > 0) {
    Log(LogLevel::kInfo, "cleaned up",
        {{"jobs", report->jobs}, {"inputs", report->inputs}, {"orphans", report->orphans}});
  }
}

Result<JanitorReport> Janitor::RunOnce() {
  Database& database = *options_.database;
  const UnixTime now = UnixNow(database.clock());
  const UnixTime limit = now - options_.retention;
  JanitorReport report;
  for (bool more = true; more;) {
    std::vector<std::string> blobs;
    int jobs = 0;
    int inputs = 0;
    RECOVER_RETURN_IF_ERROR(database.Write([&](soci::session& sql) {
      jobs = RemoveOldJobs(sql, limit, kPerTransaction, now, blobs);
      inputs = RemoveOldInputs(sql, limit, kPerTransaction, now, blobs);
      return Status::Ok();
    }));
    RemoveBlobs(*options_.blobs, blobs);
    report.jobs += jobs;
    report.inputs += inputs;
    more = jobs == kPerTransaction || inputs == kPerTransaction;
  }
  RECOVER_RETURN_IF_ERROR(database.Write([&](soci::session& sql) {
    ForgetOld(sql, now - kMemoryOfRemoved, limit);
    return Status::Ok();
  }));
  RECOVER_ASSIGN_OR_RETURN(report.orphans, SweepOrphans(kOrphanAge));
  return report;
}

Result<int64_t> Janitor::SweepOrphans(std::optional<std::chrono::seconds> least_age) {
  // Files first, rows after: a file that gets its row meanwhile is not taken for an orphan.
  RECOVER_ASSIGN_OR_RETURN(const std::vector<std::string> files, options_.blobs->List());
  IdSet named;
  RECOVER_RETURN_IF_ERROR(options_.database->Read([&](soci::session& sql) {
    CollectIds(sql, "SELECT source_id FROM inputs", named);
    CollectIds(sql, "SELECT output_id FROM jobs WHERE output_id <> ''", named);
    return Status::Ok();
  }));
  int64_t removed = 0;
  for (const std::string& id : files) {
    if (named.contains(id)) {
      continue;
    }
    const auto age = AgeOf(options_.blobs->PathOf(id), options_.database->clock());
    const bool is_old = !least_age || (age && *age >= *least_age);
    if (is_old && options_.blobs->Remove(id).ok()) {
      ++removed;
    }
  }
  return removed;
}

}  // namespace recover

#include "jobs/database_session.h"

#include <exception>
#include <utility>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "jobs/database_errors.h"

namespace recover {
namespace {

// busy_timeout first: all that follows may meet another process.
void SetUp(soci::session& sql) {
  sql << "PRAGMA busy_timeout = " << kDatabaseWait.count();
  sql << "PRAGMA synchronous = FULL";
  sql << "PRAGMA temp_store = MEMORY";
  sql << "PRAGMA foreign_keys = OFF";
  // After a long reader the log may have grown; the next checkpoint cuts it back.
  sql << "PRAGMA journal_size_limit = 67108864";
}

/// A statement without results; what it throws becomes a status.
Status Run(soci::session& sql, const char* statement) {
  try {
    sql << statement;
    return Status::Ok();
  } catch (const std::exception& error) {
    return StatusFromDatabaseError(error, &sql);
  }
}

/// Calls `work`, whatever it throws.
Status Call(soci::session& sql, const DatabaseWork& work) {
  try {
    return work(sql);
  } catch (const std::exception& error) {
    return StatusFromDatabaseError(error, &sql);
  } catch (...) {
    return {StatusCode::kInternal, "The store failed for an unknown reason."};
  }
}

/// SQLite rolls a transaction back by itself after some failures (a full disk).
bool IsInTransaction(soci::session& sql) {
  auto* backend = static_cast<soci::sqlite3_session_backend*>(sql.get_backend());
  return sqlite_api::sqlite3_get_autocommit(backend->conn_) == 0;
}

void RollBack(soci::session& sql) {
  if (IsInTransaction(sql)) {
    // A session that cannot even do this is closed by its owner, which rolls back too.
    static_cast<void>(Run(sql, "ROLLBACK").ok());
  }
}

/// `work` within an open transaction, undone alone if it fails.
Status CallInSavepoint(soci::session& sql, const DatabaseWork& work) {
  RECOVER_RETURN_IF_ERROR(Run(sql, "SAVEPOINT one"));
  Status status = Call(sql, work);
  if (!status.ok() && IsInTransaction(sql)) {
    RECOVER_RETURN_IF_ERROR(Run(sql, "ROLLBACK TO one"));
  }
  const Status released = IsInTransaction(sql) ? Run(sql, "RELEASE one") : Status::Ok();
  return status.ok() ? released : status;
}

/// The end of a transaction of several works: all that went well fail with it.
void FailAll(std::vector<Status>& statuses, const Status& why) {
  for (Status& status : statuses) {
    if (status.ok()) {
      status = why;
    }
  }
}

}  // namespace

Result<DatabaseSession> OpenDatabaseSession(const std::string& connect) {
  try {
    auto session = std::make_unique<soci::session>(soci::sqlite3, connect);
    SetUp(*session);
    return session;
  } catch (const std::exception& error) {
    return StatusFromDatabaseError(error, nullptr);
  }
}

Status RunTransaction(soci::session& sql, const char* begin, const DatabaseWork& work) {
  RECOVER_RETURN_IF_ERROR(Run(sql, begin));
  Status status = Call(sql, work);
  if (status.ok()) {
    status = Run(sql, "COMMIT");
  }
  RollBack(sql);
  return status;
}

std::vector<Status> RunTogether(soci::session& sql, const std::vector<const DatabaseWork*>& works) {
  std::vector<Status> statuses(works.size());
  if (Status begun = Run(sql, "BEGIN IMMEDIATE"); !begun.ok()) {
    FailAll(statuses, begun);
    return statuses;
  }
  for (size_t i = 0; i < works.size(); ++i) {
    statuses[i] = CallInSavepoint(sql, *works[i]);
    if (!IsInTransaction(sql)) {
      // Nothing is left of those before, and those after have not begun.
      FailAll(statuses, statuses[i]);
      return statuses;
    }
  }
  if (Status committed = Run(sql, "COMMIT"); !committed.ok()) {
    FailAll(statuses, committed);
  }
  RollBack(sql);
  return statuses;
}

bool IsSoundAfter(const Status& status) {
  return status.code() != StatusCode::kIoError && status.code() != StatusCode::kInternal;
}

}  // namespace recover

#include "jobs/database.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <soci/soci.h>

#include "jobs/database_errors.h"
#include "jobs/database_session.h"
#include "jobs/database_writer.h"
#include "jobs/schema.h"

namespace recover {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kOpenPause{5};
/// More readers at once than this wait for each other; each is a file handle and a page cache.
constexpr size_t kMaxReaders = 16;

Status Held() {
  return {StatusCode::kUnavailable, "The store is busy with another writer; try again."};
}

// SOCI's connect string knows quotes but no way to write one inside them.
Result<std::string> ConnectString(const fs::path& file) {
  const std::string name = file.string();
  if (name.find('"') != std::string::npos) {
    return Status(StatusCode::kInvalidArgument,
                  "The data folder's path may not hold a double quote: " + name);
  }
  return "db=\"" + name + "\"";
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const std::string& connect, const Clock& clock)
      : connect_(connect), clock_(clock), writer_(connect) {}

  Status Prepare();
  Status Write(const std::function<Status(soci::session&)>& work) override {
    return writer_.Run(work);
  }
  Status Read(const std::function<Status(soci::session&)>& work) const override;
  Result<int64_t> Version() const override;
  const Clock& clock() const override { return clock_; }

 private:
  using Session = DatabaseSession;

  Result<Session> TakeReader() const;
  void GiveReader(Session session) const;

  const std::string connect_;
  const Clock& clock_;

  mutable std::mutex mutex_;  ///< Guards what follows, never held while SQLite works.
  mutable std::condition_variable freed_;
  mutable std::vector<Session> idle_readers_;
  mutable size_t readers_ = 0;  ///< Idle ones and those at work.

  /// PRAGMA data_version counts what others than its own session commit: this one never writes.
  struct Watcher {
    explicit Watcher(Session watching) : session(std::move(watching)) {
      statement.emplace((session->prepare << "PRAGMA data_version", soci::into(version)));
    }
    Session session;
    long long version = 0;
    std::optional<soci::statement> statement;  ///< Before the session it must go.
  };
  mutable std::mutex watcher_mutex_;  ///< Guards what follows; held for microseconds.
  mutable std::unique_ptr<Watcher> watcher_;
  mutable int64_t watchers_ = 0;  ///< Opened so far: the versions of each begin anew.

  DatabaseWriter writer_;
};

// Turning a new file into WAL needs it alone for a moment, and SQLite does not wait for that by
// itself. Two processes that start at once thus try again.
Status SetWalMode(soci::session& sql) {
  const auto deadline = std::chrono::steady_clock::now() + kDatabaseWait;
  while (true) {
    Status status;
    try {
      std::string mode;
      sql << "PRAGMA journal_mode = WAL", soci::into(mode);
      if (mode == "wal") {
        return Status::Ok();
      }
      return {StatusCode::kUnavailable,
              "The file system of the data folder cannot share memory between processes "
              "(write-ahead log); use a local disk."};
    } catch (const std::exception& error) {
      status = StatusFromDatabaseError(error, &sql);
    }
    if (status.code() != StatusCode::kUnavailable || std::chrono::steady_clock::now() > deadline) {
      return status;
    }
    std::this_thread::sleep_for(kOpenPause);
  }
}

Status SqliteDatabase::Prepare() {
  RECOVER_ASSIGN_OR_RETURN(const Session session, OpenDatabaseSession(connect_));
  // A foreign file is refused before its journal mode is changed.
  RECOVER_RETURN_IF_ERROR(RunTransaction(*session, "BEGIN IMMEDIATE", MigrateSchema));
  return SetWalMode(*session);
}

Result<SqliteDatabase::Session> SqliteDatabase::TakeReader() const {
  {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, kDatabaseWait,
                         [this] { return !idle_readers_.empty() || readers_ < kMaxReaders; })) {
      return Held();
    }
    if (!idle_readers_.empty()) {
      Session session = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return session;
    }
    ++readers_;
  }
  Result<Session> session = OpenDatabaseSession(connect_);
  if (!session) {
    GiveReader(nullptr);
  }
  return session;
}

void SqliteDatabase::GiveReader(Session session) const {
  {
    const std::lock_guard lock(mutex_);
    if (session) {
      idle_readers_.push_back(std::move(session));
    } else {
      --readers_;
    }
  }
  freed_.notify_all();
}

Status SqliteDatabase::Read(const std::function<Status(soci::session&)>& work) const {
  RECOVER_ASSIGN_OR_RETURN(Session session, TakeReader());
  Status status = RunTransaction(*session, "BEGIN", work);
  GiveReader(IsSoundAfter(status) ? std::move(session) : nullptr);
  return status;
}

Result<int64_t> SqliteDatabase::Version() const {
  const std::lock_guard lock(watcher_mutex_);
  try {
    if (!watcher_) {
      RECOVER_ASSIGN_OR_RETURN(Session session, OpenDatabaseSession(connect_));
      watcher_ = std::make_unique<Watcher>(std::move(session));
      ++watchers_;
    }
    watcher_->statement->execute(true);
    // SQLite's number has 32 bits.
    return (watchers_ << 32) + watcher_->version;
  } catch (const std::exception& error) {
    Status status = StatusFromDatabaseError(error, watcher_ ? watcher_->session.get() : nullptr);
    watcher_.reset();
    return status;
  }
}

}  // namespace

Result<std::shared_ptr<Database>> Database::Open(const fs::path& file, const Clock& clock) {
  RECOVER_ASSIGN_OR_RETURN(std::string connect, ConnectString(file));
  auto database = std::make_shared<SqliteDatabase>(std::move(connect), clock);
  if (Status status = database->Prepare(); !status.ok()) {
    return status.WithContext(file.string());
  }
  return std::shared_ptr<Database>(std::move(database));
}

}  // namespace recover

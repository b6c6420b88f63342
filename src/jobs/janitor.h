// Takes away what has had its time: old jobs, inputs, outputs, and files that no row names.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/result.h"
#include "jobs/blob_store.h"
#include "jobs/database.h"

namespace recover {

/// What one round removed.
struct JanitorReport {
  int64_t jobs = 0;
  int64_t inputs = 0;
  int64_t orphans = 0;
};

/// Thread-safe.
class Janitor {
 public:
  struct Options {
    std::shared_ptr<Database> database;
    std::shared_ptr<BlobStore> blobs;
    std::chrono::seconds retention = std::chrono::hours(24 * 7);
    std::chrono::milliseconds period = std::chrono::minutes(10);
  };
  explicit Janitor(Options options) : options_(std::move(options)) {}
  /// Ends the thread within the transaction under way.
  ~Janitor();
  Janitor(const Janitor&) = delete;
  Janitor& operator=(const Janitor&) = delete;

  /// Cleans up after a crash, whatever the age of what lies about, and from then on goes round
  /// in a thread of its own. Call it once, with the folder's lock held, after
  /// JobQueue::ReleaseJobsOf("") and before anything takes in pictures. A round that fails
  /// is logged and tried again.
  void Start();

  /// One round by the database's clock: jobs that ended and inputs that were uploaded
  /// `retention` ago, orphans older than an hour. Errors: those of the store; what was
  /// removed until then stays removed.
  Result<JanitorReport> RunOnce();

  /// Removes blobs that no row names and that are at least `least_age` old (nothing = of any
  /// age): what crashes left between a file and its row. A younger one may be a submit under way.
  /// Returns how many.
  Result<int64_t> SweepOrphans(std::optional<std::chrono::seconds> least_age);

 private:
  void Run(const std::stop_token& stop);
  void LogRound(const Result<JanitorReport>& report) const;

  const Options options_;
  std::mutex mutex_;  ///< For the wait alone.
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace recover

// What the tests of this folder share: a store in a folder of its own with a clock that stands
// still, and pictures to submit.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/test_folder.h"
#include "jobs/blob_store.h"
#include "jobs/database.h"
#include "jobs/job_queue.h"
#include "jobs/job_service.h"
#include "jobs/key_store.h"

namespace recover {

/// A PNG file of this size, grey.
std::string PngOf(Size size);
/// The start of a PNG file that says to be of this size: enough for its header.
std::string PngHeaderOf(Size size);

/// The answer to a query for one number.
long long QueryNumber(const Database& database, const std::string& query);
/// The first column of each row.
std::vector<std::string> QueryTexts(const Database& database, const std::string& query);
/// Runs one statement in a transaction.
void Execute(Database& database, const std::string& statement);

/// The value or a failed test, with the status in its message.
template <typename T>
T Take(Result<T> result) {
  EXPECT_TRUE(result.has_value()) << result.error().message();
  if (!result) {
    throw std::runtime_error("no value: " + result.error().message());
  }
  return *std::move(result);
}

/// A store, its parts and one key with 1000 credits.
class TestStore {
 public:
  explicit TestStore(ServiceLimits limits = {}, int workers = 1);

  BlobWriter Upload(const std::string& bytes);
  SubmitRequest RequestFor(const std::string& bytes, RequestSettings settings = {});
  /// For an input that is there already.
  static SubmitRequest RequestForSource(const std::string& source_id, std::string filename = "");
  /// A small picture, submitted by `by` (nothing = the first key).
  JobRecord Submit(Size output = {1000, 1000}, const KeyRecord* by = nullptr);
  KeyRecord NewKeyOf(const std::string& name, int64_t credits = 1000);
  Claim ClaimOne(const std::string& worker_id = "worker");
  /// A blob as a worker would leave it.
  std::string PutOutput();
  /// Claimed and completed after `seconds`.
  JobRecord Complete(const Claim& claim, double seconds = 1);
  /// Adds copies of the job's row, all others' columns alike: jobs by the thousand, quickly.
  void CopyJob(const JobRecord& job, int copies);
  KeyRecord Balance(const KeyRecord& of) { return Take(service->Balance(of)); }

  TestFolder folder;
  FakeClock clock{std::chrono::system_clock::time_point(std::chrono::seconds(1'800'000'000))};
  std::shared_ptr<Database> database;
  std::shared_ptr<BlobStore> blobs;
  std::unique_ptr<JobService> service;
  std::unique_ptr<KeyStore> keys;
  std::unique_ptr<JobQueue> queue;
  KeyRecord key;
  int new_jobs = 0;  ///< Calls of on_new_job.
};

}  // namespace recover

// available + reserved + consumed = granted, and the audit says the same: over random operations,
// failures inside transactions, processes killed in mid-work, and many claimers at once.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/soci.h>
#include <sys/wait.h>

#include "jobs/job_service.h"
#include "jobs/test_store.h"

namespace recover {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Each row one contradiction.
constexpr char kContradictions[] = R"(
  WITH sums AS (
    SELECT key_id,
           SUM(CASE kind WHEN 'grant' THEN credits ELSE 0 END) AS granted,
           SUM(CASE kind WHEN 'consume' THEN credits ELSE 0 END) AS consumed,
           SUM(CASE kind WHEN 'reserve' THEN credits WHEN 'grant' THEN 0 ELSE -credits END)
             AS reserved
    FROM credit_events GROUP BY key_id)
  SELECT 'key ' || keys.key_id || ' differs from its audit' FROM keys LEFT JOIN sums
    ON sums.key_id = keys.key_id
    WHERE keys.granted <> COALESCE(sums.granted, 0)
       OR keys.consumed <> COALESCE(sums.consumed, 0)
       OR keys.reserved <> COALESCE(sums.reserved, 0)
  UNION ALL SELECT 'key ' || key_id || ' has given more than it had' FROM keys
    WHERE granted - reserved - consumed < 0
  UNION ALL SELECT 'key ' || key_id || ' reserves other than its living jobs' FROM keys
    WHERE reserved <> (SELECT COALESCE(SUM(credits), 0) FROM jobs
                       WHERE jobs.key_id = keys.key_id AND ended_at = 0)
  UNION ALL SELECT 'job ' || process_id || ' is ' || state || ' but its credits are not' FROM jobs
    WHERE (SELECT GROUP_CONCAT(kind) FROM (SELECT kind FROM credit_events
             WHERE credit_events.process_id = jobs.process_id ORDER BY event_id))
       IS NOT CASE state WHEN 'Completed' THEN 'reserve,consume'
                         WHEN 'Cancelled' THEN 'reserve,release'
                         WHEN 'Failed' THEN 'reserve,release' ELSE 'reserve' END
  UNION ALL SELECT 'job ' || process_id || ' has a state without its marks' FROM jobs
    WHERE (ended_at > 0) <> (state IN ('Completed', 'Cancelled', 'Failed'))
       OR (state = 'Completed') <> (output_id <> '') OR (state = 'Completed' AND progress < 100)
       OR (state = 'Failed' AND message = '') OR attempts > 3
  UNION ALL SELECT 'an ended job of the audit went without its end' FROM credit_events AS e
    WHERE kind = 'reserve' AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.process_id = e.process_id)
      AND NOT EXISTS (SELECT 1 FROM credit_events AS f
                      WHERE f.process_id = e.process_id AND f.kind IN ('consume', 'release')))";

/// Random operations of clients, workers and operators on one store. Takes pictures by
/// source_id: no decoder is needed, so that it may run in a forked child.
class RandomWork {
 public:
  RandomWork(std::shared_ptr<Database> database, std::shared_ptr<BlobStore> blobs,
             std::vector<KeyRecord> keys, std::vector<std::string> sources, uint32_t seed)
      : database_(database),
        blobs_(blobs),
        service_(Take(JobService::Create({.database = database, .blobs = blobs}))),
        queue_(database),
        key_store_(database),
        keys_(std::move(keys)),
        sources_(std::move(sources)),
        random_(seed) {}

  /// One operation; most succeed, refusals and failures are as good.
  Status Step() {
    const KeyRecord& key = keys_[Below(keys_.size())];
    switch (Below(12)) {
      case 0:
      case 1:
      case 2:
        return Submit(key);
      case 3:
      case 4:
        return Claim();
      case 5:
        return OnClaim([&](const recover::Claim& claim) {
          return queue_.Complete(claim, "11111111-1111-4111-8111-111111111111", "{}", {.total = 1});
        });
      case 6:
        return OnClaim([&](const recover::Claim& claim) { return queue_.Fail(claim, "no"); });
      case 7:
        return OnClaim([&](const recover::Claim& claim) { return queue_.GiveBack(claim); });
      case 8:
        return OnJob(key, [&](const std::string& id) { return service_->Cancel(key, id); });
      case 9:
        return OnJob(key, [&](const std::string& id) { return service_->Delete(key, id); });
      case 10:
        return queue_.ReleaseJobsOf(Below(4) == 0 ? "" : "worker-1").error();
      default:
        return key_store_.Grant(key.key_id, 1 + Below(5));
    }
  }

 private:
  uint32_t Below(size_t count) { return static_cast<uint32_t>(random_() % count); }

  Status Submit(const KeyRecord& key) {
    SubmitRequest request = TestStore::RequestForSource(sources_[&key - keys_.data()]);
    request.settings.output_width = 1 + static_cast<int>(Below(9000));
    request.settings.output_height = 1000;
    request.webhook_url = Below(2) == 0 ? "https://example.com/" : "";
    return service_->Submit(key, std::move(request)).error();
  }

  Status Claim() {
    const auto claim = queue_.ClaimNext("worker-" + std::to_string(Below(3)));
    if (claim && claim->has_value()) {
      claims_.push_back(**claim);
    }
    return claim.error();
  }

  /// On any claim ever made: most are lost by now, as those of slow workers may be.
  Status OnClaim(const std::function<Result<ClaimStatus>(const recover::Claim&)>& act) {
    if (claims_.empty()) {
      return Status::Ok();
    }
    const size_t last = claims_.size() - 1;
    return act(claims_[Below(3) == 0 ? Below(claims_.size()) : last]).error();
  }

  Status OnJob(const KeyRecord& key, const std::function<Status(const std::string&)>& act) {
    const Result<JobPage> page = service_->List(key, 20, "");
    if (!page || page->jobs.empty()) {
      return page.error();
    }
    return act(page->jobs[Below(page->jobs.size())].process_id);
  }

  std::shared_ptr<Database> database_;
  std::shared_ptr<BlobStore> blobs_;
  std::unique_ptr<JobService> service_;
  JobQueue queue_;
  KeyStore key_store_;
  std::vector<KeyRecord> keys_;
  std::vector<std::string> sources_;
  std::vector<recover::Claim> claims_;
  std::mt19937 random_;
};

/// Throws after the work of a transaction when told to, before it is committed.
class ThrowingDatabase final : public Database {
 public:
  explicit ThrowingDatabase(std::shared_ptr<Database> target) : target_(std::move(target)) {}
  Status Write(const std::function<Status(soci::session&)>& work) override {
    return target_->Write([&](soci::session& sql) {
      Status status = work(sql);
      if (throw_next_.exchange(false)) {
        throw std::runtime_error("thrown on purpose");
      }
      return status;
    });
  }
  Status Read(const std::function<Status(soci::session&)>& work) const override {
    return target_->Read(work);
  }
  Result<int64_t> Version() const override { return target_->Version(); }
  const Clock& clock() const override { return target_->clock(); }
  void ThrowNext(bool yes) { throw_next_ = yes; }

 private:
  std::shared_ptr<Database> target_;
  std::atomic<bool> throw_next_ = false;
};

class CreditInvariantTest : public ::testing::Test {
 protected:
  CreditInvariantTest() {
    store_ = std::make_unique<TestStore>();
    keys_ = {store_->key, store_->NewKeyOf("poor", 3), store_->NewKeyOf("third", 50)};
    for (const KeyRecord& key : keys_) {
      sources_.push_back(store_->Submit({10, 10}, &key).source_id);
    }
  }
  ~CreditInvariantTest() override {
    if (HasFailure()) {
      std::cerr << "seed " << seed_ << "\n";
    }
  }

  void ExpectSound(const Database& database) {
    EXPECT_THAT(QueryTexts(database, kContradictions), IsEmpty());
  }

  std::unique_ptr<TestStore> store_;
  std::vector<KeyRecord> keys_;
  std::vector<std::string> sources_;
  const uint32_t seed_ = 20260721;
};

TEST_F(CreditInvariantTest, TheCheckItselfSeesAWrongBooking) {
  ExpectSound(*store_->database);
  for (const char* wrong :
       {"UPDATE keys SET consumed = consumed + 1 WHERE key_id = 1",
        "UPDATE keys SET reserved = reserved - 1 WHERE key_id = 2",
        "UPDATE jobs SET state = 'Failed', ended_at = 5, message = 'x' WHERE sequence = 1",
        "UPDATE jobs SET credits = 7 WHERE sequence = 1", "DELETE FROM jobs WHERE sequence = 1"}) {
    const Status status = store_->database->Write([&](soci::session& sql) {
      sql << wrong;
      std::string first;
      sql << kContradictions, soci::into(first);
      EXPECT_NE(first, "") << wrong;
      return Status(StatusCode::kCancelled, "undo");
    });
    EXPECT_EQ(status.code(), StatusCode::kCancelled) << status.message();
  }
  ExpectSound(*store_->database);
}

TEST_F(CreditInvariantTest, HoldsOverRandomOperations) {
  RandomWork work(store_->database, store_->blobs, keys_, sources_, seed_);
  int good = 0;
  for (int step = 0; step < 600; ++step) {
    good += work.Step().ok() ? 1 : 0;
    if (step % 20 == 0) ExpectSound(*store_->database);
  }
  ExpectSound(*store_->database);
  EXPECT_GT(good, 300);
  // The paths that matter were taken.
  for (const char* kind : {"reserve", "consume", "release"}) {
    EXPECT_GT(QueryNumber(*store_->database, "SELECT COUNT(*) FROM credit_events WHERE kind = '" +
                                                 std::string(kind) + "'"),
              5)
        << kind;
  }
}

TEST_F(CreditInvariantTest, HoldsWhenStatementsAndTransactionsFail) {
  // A row of meta names the statement that fails.
  const std::vector<std::string> places = {
      "INSERT ON credit_events", "UPDATE ON keys",   "UPDATE ON jobs", "INSERT ON jobs",
      "INSERT ON outbox",        "INSERT ON totals", "DELETE ON jobs", "INSERT ON measurements"};
  for (size_t i = 0; i < places.size(); ++i) {
    Execute(*store_->database, "CREATE TRIGGER fail" + std::to_string(i) + " BEFORE " + places[i] +
                                   " WHEN (SELECT value FROM meta WHERE name = "
                                   "'fail') = '" +
                                   std::to_string(i) +
                                   "' BEGIN SELECT RAISE(ABORT, 'made to fail'); END");
  }
  const auto throwing = std::make_shared<ThrowingDatabase>(store_->database);
  RandomWork work(throwing, store_->blobs, keys_, sources_, seed_ + 1);
  std::mt19937 random(seed_);
  int failed = 0;
  for (int step = 0; step < 500; ++step) {
    const uint32_t place = random() % (places.size() * 2);
    Execute(*store_->database,
            "INSERT OR REPLACE INTO meta VALUES ('fail', '" + std::to_string(place) + "')");
    throwing->ThrowNext(place == places.size());
    failed += work.Step().code() == StatusCode::kInternal ? 1 : 0;
    throwing->ThrowNext(false);
    if (step % 10 == 0) ExpectSound(*store_->database);
  }
  ExpectSound(*store_->database);
  EXPECT_GT(failed, 20);
}

/// Ends by _exit: nothing of the parent's test program runs twice.
template <typename Work>
pid_t Fork(const Work& work) {
  const pid_t child = fork();
  if (child == 0) {
    int code = 1;
    try {
      code = work() ? 0 : 1;
    } catch (const std::exception&) {
      code = 2;
    }
    _exit(code);
  }
  return child;
}

TEST_F(CreditInvariantTest, HoldsWhenProcessesAreKilled) {
  const std::filesystem::path file = store_->folder / "recover.db";
  const std::filesystem::path blobs = store_->folder / "blobs";
  // No connection may be open over a fork.
  store_->service.reset();
  store_->queue.reset();
  store_->keys.reset();
  store_->database.reset();
  std::mt19937 random(seed_);
  long long events = 0;
  for (uint32_t round = 0; round < 15; ++round) {
    int steps[2] = {-1, -1};
    ASSERT_EQ(pipe(steps), 0);
    const pid_t child = Fork([&] {
      RandomWork work(*Database::Open(file), *BlobStore::Open(Env::Real(), blobs), keys_, sources_,
                      seed_ + round);
      do {
        static_cast<void>(work.Step().ok());
      } while (write(steps[1], "s", 1) == 1);
      return true;
    });
    ASSERT_GT(child, 0);
    // Killed in the middle of some step after these.
    for (uint32_t step = random() % 30; step > 0; --step) {
      char done = 0;
      ASSERT_EQ(read(steps[0], &done, 1), 1);
    }
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    close(steps[0]);
    close(steps[1]);
    const auto database = Take(Database::Open(file));
    ExpectSound(*database);
    EXPECT_THAT(QueryTexts(*database, "PRAGMA integrity_check"), ElementsAre("ok"));
    // What the dead held goes back, as at the start of a server.
    Take(JobQueue(database).ReleaseJobsOf(""));
    ExpectSound(*database);
    EXPECT_EQ(QueryNumber(*database, "SELECT COUNT(*) FROM jobs WHERE state = 'Processing'"), 0);
    events = QueryNumber(*database, "SELECT COUNT(*) FROM credit_events");
  }
  EXPECT_GT(events, 30);
}

TEST_F(CreditInvariantTest, NoJobIsClaimedTwiceByManyThreadsOfManyProcesses) {
  constexpr int kJobs = 40;
  for (int i = 0; i < kJobs; ++i) {
    Take(store_->service->Submit(keys_[i % 2 == 0 ? 0 : 2],
                                 TestStore::RequestForSource(sources_[i % 2 == 0 ? 0 : 2])));
  }
  const std::filesystem::path file = store_->folder / "recover.db";
  store_->service.reset();
  store_->queue.reset();
  store_->keys.reset();
  store_->database.reset();
  const auto claim_all = [&] {
    const auto database = *Database::Open(file);
    std::atomic<bool> is_good = true;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&, i] {
        JobQueue queue(database);
        const std::string worker = std::to_string(getpid()) + "-" + std::to_string(i);
        while (true) {
          const auto claim = queue.ClaimNext(worker);
          if (!claim) {
            is_good = false;
          }
          if (!claim || !claim->has_value()) {
            return;
          }
          const auto done =
              queue.Complete(**claim, "11111111-1111-4111-8111-111111111111", "{}", {.total = 1});
          if (!done || *done != ClaimStatus::kMine) {
            is_good = false;
          }
        }
      });
    }
    threads.clear();
    return is_good.load();
  };
  const pid_t children[] = {Fork(claim_all), Fork(claim_all)};
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const auto database = Take(Database::Open(file));
  const auto made = kJobs + static_cast<long long>(keys_.size());
  EXPECT_EQ(QueryNumber(*database,
                        "SELECT COUNT(*) FROM jobs WHERE state = 'Completed' AND "
                        "claim_number = 1 AND attempts = 1"),
            made);
  EXPECT_EQ(QueryNumber(*database, "SELECT COUNT(*) FROM credit_events WHERE kind = 'consume'"),
            made);
  EXPECT_EQ(QueryNumber(*database, "SELECT SUM(reserved) FROM keys"), 0);
  EXPECT_EQ(QueryNumber(*database, "SELECT COUNT(DISTINCT last_claim) FROM keys"), 3);
  ExpectSound(*database);
}

}  // namespace
}  // namespace recover

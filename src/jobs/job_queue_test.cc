#include "jobs/job_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/test_store.h"

namespace recover {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class JobQueueTest : public ::testing::Test {
 protected:
  JobRecord Find(const Claim& claim) {
    KeyRecord owner;
    owner.key_id = claim.job.key_id;
    return Take(store_.service->Find(owner, claim.job.process_id));
  }

  TestStore store_;
  JobQueue& queue_ = *store_.queue;
};

TEST_F(JobQueueTest, NothingIsClaimedWhereNothingWaits) {
  EXPECT_FALSE(Take(queue_.ClaimNext("a")).has_value());
  store_.Submit();
  EXPECT_TRUE(Take(queue_.ClaimNext("a")).has_value());
  EXPECT_FALSE(Take(queue_.ClaimNext("a")).has_value());
}

TEST_F(JobQueueTest, AClaimTellsAllThatTheWorkerNeeds) {
  RequestSettings settings;
  settings.output_width = 300;
  settings.creativity = 7;
  settings.seed = (int64_t{1} << 62) + 1;
  settings.prompt = "a \"quoted\" caf\xc3\xa9";
  settings.output_format = FileFormat::kTiff;
  const JobRecord made =
      Take(store_.service->Submit(store_.key, store_.RequestFor(PngOf({40, 20}), settings)));
  const Claim claim = store_.ClaimOne("worker-1");
  EXPECT_EQ(claim.worker_id, "worker-1");
  EXPECT_EQ(claim.job.process_id, made.process_id);
  EXPECT_EQ(claim.job.state, JobState::kProcessing);
  EXPECT_EQ(claim.job.attempts, 1);
  EXPECT_EQ(claim.job.output_size, (Size{300, 150}));
  EXPECT_EQ(claim.job.settings.creativity, 7);
  EXPECT_EQ(claim.job.settings.seed, (int64_t{1} << 62) + 1);
  EXPECT_EQ(claim.job.settings.prompt, settings.prompt);
  EXPECT_EQ(claim.job.settings.output_format, FileFormat::kTiff);
}

TEST_F(JobQueueTest, OneKeysJobsComeInTheirOrder) {
  for (int i = 0; i < 3; ++i) store_.Submit();
  int64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    const Claim claim = store_.ClaimOne();
    EXPECT_GT(claim.job.sequence, last);
    last = claim.job.sequence;
  }
}

TEST_F(JobQueueTest, KeysTakeTurnsHoweverManyJobsOneHas) {
  const KeyRecord busy = store_.NewKeyOf("busy");
  const KeyRecord modest = store_.NewKeyOf("modest");
  for (int i = 0; i < 5; ++i) store_.Submit({1000, 1000}, &busy);
  std::vector<std::string> order;
  const auto claim = [&] {
    order.push_back(store_.ClaimOne().job.key_id == busy.key_id ? "busy" : "modest");
  };
  claim();
  store_.Submit({1000, 1000}, &modest);
  store_.Submit({1000, 1000}, &modest);
  for (int i = 0; i < 6; ++i) claim();
  EXPECT_THAT(order, ElementsAre("busy", "modest", "busy", "modest", "busy", "busy", "busy"));
}

TEST_F(JobQueueTest, ProgressNeverFallsAndIsFullAtTheEndAlone) {
  store_.Submit();
  const Claim claim = store_.ClaimOne();
  const int told[] = {10, 5, 60, -3, 100, 1000};
  const int shown[] = {10, 10, 60, 60, 99, 99};
  for (size_t i = 0; i < std::size(told); ++i) {
    EXPECT_EQ(Take(queue_.Heartbeat(claim, told[i])), ClaimStatus::kMine);
    EXPECT_EQ(Find(claim).progress, shown[i]);
  }
  EXPECT_EQ(store_.Complete(claim).progress, 100);
}

TEST_F(JobQueueTest, ProgressIsKeptOverARetry) {
  store_.Submit();
  Claim claim = store_.ClaimOne();
  Take(queue_.Heartbeat(claim, 70));
  EXPECT_EQ(Take(queue_.ReleaseJobsOf("worker")), 1);
  EXPECT_EQ(Find(claim).progress, 70);
  claim = store_.ClaimOne("other");
  EXPECT_EQ(Take(queue_.Heartbeat(claim, 3)), ClaimStatus::kMine);
  EXPECT_EQ(Find(claim).progress, 70);
}

TEST_F(JobQueueTest, CompletedConsumesAndTheRestReleases) {
  for (int i = 0; i < 3; ++i) store_.Submit({4000, 2000});  // 2 credits each
  EXPECT_EQ(store_.Balance(store_.key).reserved, 6);
  const JobRecord done = store_.Complete(store_.ClaimOne());
  EXPECT_EQ(done.state, JobState::kCompleted);
  EXPECT_EQ(Take(queue_.Fail(store_.ClaimOne(), "no good")), ClaimStatus::kMine);
  const Claim third = store_.ClaimOne();
  ASSERT_TRUE(store_.service->Cancel(store_.key, third.job.process_id).ok());
  const KeyRecord key = store_.Balance(store_.key);
  EXPECT_EQ(key.reserved, 0);
  EXPECT_EQ(key.consumed, 2);
  EXPECT_EQ(key.available(), 998);
}

TEST_F(JobQueueTest, AFailedJobSaysWhy) {
  store_.Submit();
  const Claim claim = store_.ClaimOne();
  Take(queue_.Fail(claim, "The picture is cut short; send it again."));
  EXPECT_EQ(Find(claim).state, JobState::kFailed);
  EXPECT_EQ(Find(claim).message, "The picture is cut short; send it again.");
}

TEST_F(JobQueueTest, ACancelledClaimLearnsItAndCanChangeNothing) {
  store_.Submit();
  const Claim claim = store_.ClaimOne();
  ASSERT_TRUE(store_.service->Cancel(store_.key, claim.job.process_id).ok());
  EXPECT_EQ(Take(queue_.Heartbeat(claim, 50)), ClaimStatus::kCancelled);
  EXPECT_EQ(Take(queue_.Complete(claim, store_.PutOutput(), "{}", {})), ClaimStatus::kCancelled);
  EXPECT_EQ(Take(queue_.Fail(claim, "no")), ClaimStatus::kCancelled);
  EXPECT_EQ(Take(queue_.GiveBack(claim)), ClaimStatus::kCancelled);
  EXPECT_EQ(Find(claim).state, JobState::kCancelled);
  EXPECT_EQ(Find(claim).output_id, "");
  EXPECT_EQ(store_.Balance(store_.key).consumed, 0);
  ASSERT_TRUE(store_.service->Delete(store_.key, claim.job.process_id).ok());
  EXPECT_EQ(Take(queue_.Heartbeat(claim, 50)), ClaimStatus::kLost);
}

TEST_F(JobQueueTest, WhoLostAJobCanChangeNothingOfIt) {
  store_.Submit();
  const Claim old = store_.ClaimOne("same");
  EXPECT_EQ(Take(queue_.ReleaseJobsOf("same")), 1);
  EXPECT_EQ(Take(queue_.Heartbeat(old, 50)), ClaimStatus::kLost);
  // Even when the job is in the hands of a worker of the same name again.
  const Claim fresh = store_.ClaimOne("same");
  EXPECT_EQ(Take(queue_.Heartbeat(old, 50)), ClaimStatus::kLost);
  EXPECT_EQ(Take(queue_.Complete(old, store_.PutOutput(), "{}", {})), ClaimStatus::kLost);
  EXPECT_EQ(Take(queue_.Fail(old, "no")), ClaimStatus::kLost);
  EXPECT_EQ(Take(queue_.GiveBack(old)), ClaimStatus::kLost);
  EXPECT_EQ(Find(fresh).state, JobState::kProcessing);
  EXPECT_EQ(Find(fresh).progress, 0);
  EXPECT_EQ(Take(queue_.Heartbeat(fresh, 10)), ClaimStatus::kMine);
}

TEST_F(JobQueueTest, GivingBackCountsNoTryAndStillShutsOut) {
  store_.Submit();
  for (int i = 0; i < 10; ++i) {
    const Claim claim = store_.ClaimOne("same");
    EXPECT_EQ(claim.job.attempts, 1);
    EXPECT_EQ(Take(queue_.GiveBack(claim)), ClaimStatus::kMine);
    EXPECT_EQ(Find(claim).state, JobState::kPending);
    EXPECT_EQ(Find(claim).attempts, 0);
  }
  const Claim first = store_.ClaimOne("same");
  Take(queue_.GiveBack(first));
  const Claim second = store_.ClaimOne("same");
  EXPECT_EQ(first.job.attempts, second.job.attempts);
  EXPECT_EQ(Take(queue_.Complete(first, store_.PutOutput(), "{}", {})), ClaimStatus::kLost);
  EXPECT_EQ(Find(second).state, JobState::kProcessing);
}

TEST_F(JobQueueTest, TheThirdLossFailsTheJobAndReleasesItsCredits) {
  store_.Submit();
  Claim claim = store_.ClaimOne();
  for (int attempt = 1; attempt <= 2; ++attempt) {
    EXPECT_EQ(claim.job.attempts, attempt);
    Take(queue_.ReleaseJobsOf("worker"));
    EXPECT_EQ(Find(claim).state, JobState::kPending);
    claim = store_.ClaimOne();
  }
  EXPECT_EQ(Take(queue_.ReleaseJobsOf("worker")), 1);
  const JobRecord job = Find(claim);
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_THAT(job.message, HasSubstr("3 tries"));
  EXPECT_EQ(store_.Balance(store_.key).available(), 1000);
  EXPECT_FALSE(Take(queue_.ClaimNext("worker")).has_value());
}

TEST_F(JobQueueTest, OnlyTheDeadWorkersJobsAreReleased) {
  store_.Submit();
  store_.Submit();
  const Claim dead = store_.ClaimOne("dead");
  const Claim alive = store_.ClaimOne("alive");
  EXPECT_EQ(Take(queue_.ReleaseJobsOf("dead")), 1);
  EXPECT_EQ(Find(dead).state, JobState::kPending);
  EXPECT_EQ(Find(alive).state, JobState::kProcessing);
  EXPECT_EQ(Take(queue_.ReleaseJobsOf("")), 1);
  EXPECT_EQ(Find(alive).state, JobState::kPending);
}

TEST_F(JobQueueTest, ALeaseEndsWithoutHeartbeatsAndLastsWithThem) {
  store_.Submit();
  store_.Submit();
  const Claim silent = store_.ClaimOne("silent");
  const Claim alive = store_.ClaimOne("alive");
  constexpr seconds kLease{30};
  EXPECT_EQ(Take(queue_.ReleaseExpired(kLease)), 0);  // Begins to watch.
  for (int i = 0; i < 2; ++i) {
    store_.clock.Advance(seconds(14));
    Take(queue_.Heartbeat(alive, 0));
    EXPECT_EQ(Take(queue_.ReleaseExpired(kLease)), 0);
  }
  store_.clock.Advance(seconds(2));
  EXPECT_EQ(Take(queue_.ReleaseExpired(kLease)), 1);
  EXPECT_EQ(Find(silent).state, JobState::kPending);
  EXPECT_EQ(Find(alive).state, JobState::kProcessing);
}

TEST_F(JobQueueTest, ANewClaimHasALeaseOfItsOwn) {
  store_.Submit();
  constexpr seconds kLease{30};
  Claim claim = store_.ClaimOne();
  EXPECT_EQ(Take(queue_.ReleaseExpired(kLease)), 0);
  store_.clock.Advance(seconds(29));
  Take(queue_.GiveBack(claim));
  claim = store_.ClaimOne();
  EXPECT_EQ(Take(queue_.ReleaseExpired(kLease)), 0);
  store_.clock.Advance(seconds(29));
  EXPECT_EQ(Take(queue_.ReleaseExpired(kLease)), 0);
}

TEST_F(JobQueueTest, JumpsOfTheWallClockReleaseNothing) {
  store_.Submit();
  const Claim claim = store_.ClaimOne();
  EXPECT_EQ(Take(queue_.ReleaseExpired(seconds(30))), 0);
  store_.clock.JumpWall(hours(1000));
  EXPECT_EQ(Take(queue_.ReleaseExpired(seconds(30))), 0);
  store_.clock.JumpWall(-hours(2000));
  EXPECT_EQ(Take(queue_.ReleaseExpired(seconds(30))), 0);
  EXPECT_EQ(Take(queue_.Heartbeat(claim, 5)), ClaimStatus::kMine);
}

TEST_F(JobQueueTest, ModificationIsNeverBeforeCreationHoweverTheClockJumps) {
  const JobRecord made = store_.Submit();
  store_.clock.JumpWall(-hours(10));
  const Claim claim = store_.ClaimOne();
  EXPECT_EQ(Find(claim).creation_time, made.creation_time);
  EXPECT_EQ(Find(claim).modification_time, made.creation_time);
  Take(queue_.Heartbeat(claim, 10));
  EXPECT_EQ(Find(claim).modification_time, made.creation_time);
  store_.clock.JumpWall(hours(11));
  Take(queue_.Heartbeat(claim, 20));
  const UnixTime later = Find(claim).modification_time;
  EXPECT_EQ(later, made.creation_time + hours(1));
  store_.clock.JumpWall(-hours(5));
  EXPECT_EQ(store_.Complete(claim).modification_time, later);
}

TEST_F(JobQueueTest, EachChangeOfStatusIsInTheOutboxAndProgressIsNot) {
  auto request = store_.RequestFor(PngOf({40, 40}));
  request.webhook_url = "https://example.com/hook";
  const JobRecord made = Take(store_.service->Submit(store_.key, std::move(request)));
  store_.Submit();  // Without a webhook.
  const auto states = [&] {
    return QueryTexts(*store_.database, "SELECT state FROM outbox ORDER BY outbox_id");
  };
  EXPECT_THAT(states(), ElementsAre());
  Claim claim = store_.ClaimOne();
  Take(queue_.Heartbeat(claim, 50));
  Take(queue_.ReleaseJobsOf("worker"));
  claim = store_.ClaimOne();
  store_.Complete(claim);
  EXPECT_THAT(states(), ElementsAre("Processing", "Pending", "Processing", "Completed"));
  EXPECT_THAT(QueryTexts(*store_.database, "SELECT DISTINCT process_id FROM outbox"),
              ElementsAre(made.process_id));
  EXPECT_EQ(QueryNumber(*store_.database, "SELECT COUNT(DISTINCT notification_id) FROM outbox"), 4);
  EXPECT_EQ(QueryNumber(*store_.database,
                        "SELECT COUNT(*) FROM outbox WHERE output_id <> '' AND progress = 100"),
            1);
}

TEST_F(JobQueueTest, ManyEndedJobsDoNotSlowTheQueue) {
  store_.Submit();
  const JobRecord done = store_.Complete(store_.ClaimOne());
  const auto time_of_looks = [&] {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) {
      EXPECT_FALSE(Take(queue_.ClaimNext("worker")).has_value());
      EXPECT_EQ(Take(queue_.ReleaseExpired(seconds(30))), 0);
      EXPECT_EQ(Take(store_.service->Stats()).pending, 0);
    }
    return std::chrono::steady_clock::now() - start;
  };
  const auto before = time_of_looks();
  store_.CopyJob(done, 50'000);
  // Looking at each row would take hundreds of times as long.
  EXPECT_LT(time_of_looks(), 10 * before + std::chrono::milliseconds(200));
}

TEST_F(JobQueueTest, TotalsCountWhatWasDone) {
  for (int i = 0; i < 4; ++i) store_.Submit({2000, 1000});
  store_.Complete(store_.ClaimOne(), 3);
  store_.Complete(store_.ClaimOne(), 5);
  Take(queue_.Fail(store_.ClaimOne(), "no"));
  const ServiceStats stats = Take(store_.service->Stats());
  EXPECT_EQ(stats.pending, 1);
  EXPECT_EQ(stats.processing, 0);
  EXPECT_EQ(stats.completed_total, 2);
  EXPECT_EQ(stats.failed_total, 1);
  EXPECT_EQ(stats.cancelled_total, 0);
  EXPECT_DOUBLE_EQ(stats.output_megapixels_total, 4);
  EXPECT_DOUBLE_EQ(stats.network_seconds_total, 8);
  EXPECT_DOUBLE_EQ(stats.job_seconds_total, 8);
}

}  // namespace
}  // namespace recover

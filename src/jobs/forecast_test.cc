#include "jobs/forecast.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/test_store.h"

namespace recover {
namespace {

using std::chrono::duration;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

TEST(SpeedLine, IsWhatWasBelievedUntilSomethingIsMeasured) {
  const SpeedLine line = FitSpeed({});
  EXPECT_EQ(line.fixed, SpeedLine{}.fixed);
  EXPECT_EQ(line.per_megapixel, SpeedLine{}.per_megapixel);
}

TEST(SpeedLine, FindsTheLineBehindMeasurements) {
  std::vector<Measurement> measured;
  for (const double mp : {0.1, 40.0, 3.0, 8.0, 0.5, 100.0, 12.0, 1.0, 25.0, 2.0}) {
    measured.push_back({.megapixels = mp, .seconds = 3 + 0.2 * mp});
  }
  const SpeedLine line = FitSpeed(measured);
  for (const double mp : {0.1, 1.0, 10.0, 100.0}) {
    const double truth = 3 + 0.2 * mp;
    EXPECT_NEAR(line.Seconds(mp) / truth, 1, 0.25) << mp;
  }
}

TEST(SpeedLine, AfterTenNoisyJobsItIsWithinAFactorOfTwo) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> noise(0.75, 1.3);
  std::uniform_real_distribution<double> log_size(std::log(0.2), std::log(60.0));
  // A machine ten times faster and one ten times slower than believed.
  for (const double speed : {0.17, 1.7, 17.0}) {
    std::vector<Measurement> measured;
    for (int i = 0; i < 10; ++i) {
      const double mp = std::exp(log_size(random));
      measured.push_back({.megapixels = mp, .seconds = (0.3 + speed * mp) * noise(random)});
    }
    const SpeedLine line = FitSpeed(measured);
    for (const double mp : {0.2, 1.0, 5.0, 20.0, 60.0}) {
      const double ratio = line.Seconds(mp) / (0.3 + speed * mp);
      EXPECT_GT(ratio, 0.5) << speed << " " << mp;
      EXPECT_LT(ratio, 2.0) << speed << " " << mp;
    }
  }
}

TEST(SpeedLine, JobsOfOneSizeTellThatSizeWell) {
  const std::vector<Measurement> measured(10, {.megapixels = 4, .seconds = 40});
  EXPECT_NEAR(FitSpeed(measured).Seconds(4), 40, 4);
}

TEST(SpeedLine, TheLatestCountMost) {
  std::vector<Measurement> measured(10, {.megapixels = 4, .seconds = 40});
  measured.insert(measured.end(), 20, {.megapixels = 4, .seconds = 4});
  EXPECT_GT(FitSpeed(measured).Seconds(4), 40 / 2);
  std::reverse(measured.begin(), measured.end());
  EXPECT_LT(FitSpeed(measured).Seconds(4), 4 * 2);
}

TEST(SpeedLine, NonsenseGivesALineThatStillMakesSense) {
  const std::vector<Measurement> cases[] = {
      {{.megapixels = 1, .seconds = 100}, {.megapixels = 100, .seconds = 1}},
      {{.megapixels = 0, .seconds = 0}},
      {{.megapixels = 1e-6, .seconds = 1e-9}, {.megapixels = 384, .seconds = 1e6}},
  };
  for (const auto& measured : cases) {
    const SpeedLine line = FitSpeed(measured);
    EXPECT_GE(line.fixed, 0);
    EXPECT_GT(line.per_megapixel, 0);
    EXPECT_TRUE(std::isfinite(line.Seconds(384)));
  }
}

LiveJob Pending(int64_t key_id, double megapixels) {
  return {.key_id = key_id, .network = "n", .megapixels = megapixels};
}

QueueState StateOf(std::vector<LiveJob> jobs, int workers) {
  return {.jobs = std::move(jobs),
          .last_claims = {},
          .speeds = {{"n", {.fixed = 0, .per_megapixel = 1}}},
          .workers = workers};
}

TEST(PlayQueue, JobsOfOneKeyComeOneAfterTheOther) {
  EXPECT_THAT(PlayQueue(StateOf({Pending(1, 2), Pending(1, 3), Pending(1, 5)}, 1)),
              ElementsAre(2, 5, 10));
  EXPECT_THAT(PlayQueue(StateOf({Pending(1, 2), Pending(1, 3), Pending(1, 5)}, 2)),
              ElementsAre(2, 3, 7));
  EXPECT_THAT(PlayQueue(StateOf({}, 1)), ElementsAre());
}

TEST(PlayQueue, KeysTakeTurnsAsInTheRealQueue) {
  auto state = StateOf({Pending(1, 1), Pending(1, 1), Pending(1, 1), Pending(2, 1)}, 1);
  EXPECT_THAT(PlayQueue(state), ElementsAre(1, 3, 4, 2));
  state.last_claims = {{1, 8}, {2, 5}};
  EXPECT_THAT(PlayQueue(state), ElementsAre(2, 3, 4, 1));
}

TEST(PlayQueue, WhatIsAtWorkComesFirstWithWhatIsLeftOfIt) {
  LiveJob half = Pending(1, 10);
  half.is_processing = true;
  half.progress = 50;
  half.elapsed_seconds = 5;
  LiveJob behind = Pending(1, 4);
  behind.is_processing = true;
  EXPECT_THAT(PlayQueue(StateOf({Pending(2, 1), behind, half}, 1)), ElementsAre(10, 9, 5));
}

TEST(PlayQueue, PaceCountsMoreTheFurtherAJobIs) {
  const SpeedLine speed{.fixed = 0, .per_megapixel = 1};
  LiveJob job = Pending(1, 10);
  job.is_processing = true;
  job.progress = 80;
  job.elapsed_seconds = 80;  // Ten times slower than believed: 20 s are left, not 2.
  EXPECT_NEAR(SecondsLeft(job, speed), 0.2 * 2 + 0.8 * 20, 1e-9);
  job.progress = 0;
  EXPECT_NEAR(SecondsLeft(job, speed), 10, 1e-9);
}

TEST(PlayQueue, AThousandJobsAreCheap) {
  std::vector<LiveJob> jobs;
  for (int i = 0; i < 1000; ++i) jobs.push_back(Pending(i % 17, 1));
  const auto start = std::chrono::steady_clock::now();
  const auto ends = PlayQueue(StateOf(std::move(jobs), 2));
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(200));
  EXPECT_EQ(ends.back(), 500);
}

class EtaTest : public ::testing::Test {
 protected:
  double SecondsTo(const JobRecord& job) {
    const JobRecord now = Take(store_.service->Find(store_.key, job.process_id));
    return duration<double>(now.eta - store_.clock.WallNow()).count();
  }
  TestStore store_;
};

TEST_F(EtaTest, BehindOthersAJobWaitsForThem) {
  const JobRecord first = store_.Submit({1000, 1000});
  const JobRecord second = store_.Submit({1000, 1000});
  EXPECT_GT(second.eta, first.eta);
  EXPECT_EQ(SecondsTo(first), 3);   // 0.5 + 1.7, rounded up.
  EXPECT_EQ(SecondsTo(second), 5);  // 4.4
  ASSERT_TRUE(store_.service->Cancel(store_.key, first.process_id).ok());
  EXPECT_EQ(SecondsTo(second), 3);
}

TEST_F(EtaTest, LearnsFromWhatJobsTook) {
  constexpr double kTruth = 20;  // Seconds for a megapixel: far from what is believed at first.
  double shown = 0;
  for (int i = 0; i < 10; ++i) {
    const JobRecord job = store_.Submit({1000, 1000});
    shown = SecondsTo(job);
    const Claim claim = store_.ClaimOne();
    store_.clock.Advance(std::chrono::duration_cast<milliseconds>(duration<double>(kTruth)));
    store_.Complete(claim, kTruth);
  }
  EXPECT_GT(shown, kTruth / 2);
  EXPECT_LT(shown, kTruth * 2);
  const Estimate estimate =
      Take(store_.service->EstimateJob({.settings = {}, .input = {2000, 1000}}));
  EXPECT_GT(estimate.duration_seconds, kTruth);
  EXPECT_LT(estimate.duration_seconds, kTruth * 4);
  EXPECT_LE(QueryNumber(*store_.database, "SELECT COUNT(*) FROM measurements"), 40);
}

TEST_F(EtaTest, OnlyTheLatestMeasurementsAreKept) {
  for (int i = 0; i < 45; ++i) {
    store_.Submit({100, 100});
    store_.Complete(store_.ClaimOne(), i + 1);
  }
  EXPECT_EQ(QueryNumber(*store_.database, "SELECT COUNT(*) FROM measurements"), 40);
  EXPECT_EQ(QueryNumber(*store_.database, "SELECT MIN(seconds) FROM measurements"), 6);
}

TEST_F(EtaTest, FollowsProgressWithinASecond) {
  const JobRecord job = store_.Submit({10000, 1000});  // 17.5 s are believed.
  const Claim claim = store_.ClaimOne();
  store_.clock.Advance(seconds(1));
  EXPECT_EQ(SecondsTo(job), 18);
  Take(store_.queue->Heartbeat(claim, 90));
  EXPECT_EQ(SecondsTo(job), 18);
  store_.clock.Advance(seconds(1));
  EXPECT_LE(SecondsTo(job), 2);
}

TEST_F(EtaTest, IsNeverInThePastWhateverTheClockDoes) {
  const JobRecord job = store_.Submit();
  store_.clock.JumpWall(hours(5));
  store_.clock.Advance(seconds(2));
  EXPECT_GT(SecondsTo(job), 0);
  store_.ClaimOne();
  store_.clock.JumpWall(-hours(10));
  store_.clock.Advance(seconds(2));
  EXPECT_GT(SecondsTo(job), 0);
  EXPECT_LT(SecondsTo(job), 60);
}

}  // namespace
}  // namespace recover

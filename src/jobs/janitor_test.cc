#include "jobs/janitor.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/job_service.h"
#include "jobs/test_store.h"

namespace recover {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr hours kWeek{24 * 7};

class JanitorTest : public ::testing::Test {
 protected:
  JanitorTest() : janitor_({.database = store_.database, .blobs = store_.blobs}) {
    // The fake clock's day is the disk's: ages of files are told by the disk.
    store_.clock.JumpWall(std::chrono::system_clock::now() - store_.clock.WallNow());
  }
  size_t Files() { return Take(store_.blobs->List()).size(); }
  bool Exists(const JobRecord& job) {
    return store_.service->Find(store_.key, job.process_id).has_value();
  }

  TestStore store_;
  Janitor janitor_;
};

TEST_F(JanitorTest, AJobGoesAWeekAfterItsEndWithItsFiles) {
  store_.Submit();
  store_.clock.Advance(hours(24));
  const JobRecord done = store_.Complete(store_.ClaimOne());
  EXPECT_EQ(Files(), 2u);
  store_.clock.Advance(kWeek);
  Take(janitor_.RunOnce());
  EXPECT_TRUE(Exists(done));
  EXPECT_TRUE(store_.service->FindFile(done.output_id));
  store_.clock.Advance(seconds(1));
  EXPECT_EQ(Take(janitor_.RunOnce()).jobs, 1);
  EXPECT_FALSE(Exists(done));
  EXPECT_EQ(Files(), 0u);
  EXPECT_EQ(store_.service->FindFile(done.output_id).error().code(), StatusCode::kGone);
  EXPECT_EQ(store_.service->FindFile(done.source_id).error().code(), StatusCode::kGone);
}

TEST_F(JanitorTest, AnInputGoesAWeekAfterItsUploadThoughTheOutputStays) {
  store_.Submit();
  store_.clock.Advance(hours(48));
  const JobRecord done = store_.Complete(store_.ClaimOne());
  store_.clock.Advance(kWeek - hours(48));
  EXPECT_EQ(Take(janitor_.RunOnce()).inputs, 0);
  store_.clock.Advance(seconds(1));
  EXPECT_EQ(Take(janitor_.RunOnce()).inputs, 1);
  EXPECT_EQ(store_.service->FindFile(done.source_id).error().code(), StatusCode::kGone);
  EXPECT_TRUE(store_.service->FindFile(done.output_id));
  EXPECT_TRUE(Exists(done));
  EXPECT_FALSE(store_.service->Submit(store_.key, TestStore::RequestForSource(done.source_id)));
}

TEST_F(JanitorTest, WhatALivingJobNeedsStaysHoweverOld) {
  const JobRecord waiting = store_.Submit();
  store_.clock.Advance(10 * kWeek);
  const JanitorReport report = Take(janitor_.RunOnce());
  EXPECT_EQ(report.jobs + report.inputs + report.orphans, 0);
  EXPECT_TRUE(Exists(waiting));
  const Claim claim = store_.ClaimOne();
  EXPECT_EQ(Take(janitor_.RunOnce()).inputs, 0);
  store_.Complete(claim);
  EXPECT_EQ(Take(janitor_.RunOnce()).inputs, 1);
  EXPECT_TRUE(Exists(waiting));
}

TEST_F(JanitorTest, CancelledAndFailedJobsGoTheSameWay) {
  const JobRecord cancelled = store_.Submit();
  ASSERT_TRUE(store_.service->Cancel(store_.key, cancelled.process_id).ok());
  store_.Submit();
  Take(store_.queue->Fail(store_.ClaimOne(), "no"));
  store_.clock.Advance(kWeek + seconds(1));
  EXPECT_EQ(Take(janitor_.RunOnce()).jobs, 2);
  EXPECT_EQ(Files(), 0u);
  // The audit stays.
  EXPECT_EQ(QueryNumber(*store_.database, "SELECT COUNT(*) FROM credit_events"), 5);
}

TEST_F(JanitorTest, AClockSetBackRemovesNothing) {
  store_.Submit();
  const JobRecord done = store_.Complete(store_.ClaimOne());
  store_.clock.JumpWall(-hours(24 * 365));
  const JanitorReport report = Take(janitor_.RunOnce());
  EXPECT_EQ(report.jobs + report.inputs + report.orphans, 0);
  EXPECT_TRUE(Exists(done));
}

TEST_F(JanitorTest, OnlyOldOrphansAreSweptInPassing) {
  const JobRecord job = store_.Submit();
  const std::string orphan = store_.PutOutput();
  EXPECT_EQ(Take(janitor_.RunOnce()).orphans, 0);
  store_.clock.JumpWall(hours(2));
  EXPECT_EQ(Take(janitor_.RunOnce()).orphans, 1);
  EXPECT_THAT(Take(store_.blobs->List()), ElementsAre(job.source_id));
}

TEST_F(JanitorTest, TheStartSweepsAllThatACrashLeft) {
  store_.Submit();
  const JobRecord done = store_.Complete(store_.ClaimOne());
  store_.PutOutput();
  store_.PutOutput();
  EXPECT_EQ(Files(), 4u);
  janitor_.Start();
  EXPECT_EQ(Files(), 2u);
  EXPECT_TRUE(store_.service->FindFile(done.output_id));
}

TEST_F(JanitorTest, ItsThreadGoesRound) {
  const JobRecord job = store_.Submit();
  store_.Complete(store_.ClaimOne());
  Janitor janitor(
      {.database = store_.database, .blobs = store_.blobs, .period = std::chrono::milliseconds(1)});
  janitor.Start();
  store_.clock.Advance(kWeek + seconds(1));
  const auto deadline = std::chrono::steady_clock::now() + seconds(30);
  while (Exists(job) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(Exists(job));
}

TEST_F(JanitorTest, ItEndsAtOnceThoughItsPeriodIsLong) {
  const auto start = std::chrono::steady_clock::now();
  { Janitor({.database = store_.database, .blobs = store_.blobs, .period = hours(1)}).Start(); }
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(20));
}

TEST_F(JanitorTest, ManyAreRemovedInManySteps) {
  constexpr int kJobs = 230;  // More than one transaction takes.
  store_.Submit();
  store_.CopyJob(store_.Complete(store_.ClaimOne()), kJobs - 1);
  store_.clock.Advance(kWeek + seconds(1));
  EXPECT_EQ(Take(janitor_.RunOnce()).jobs, kJobs);
  EXPECT_EQ(QueryNumber(*store_.database, "SELECT COUNT(*) FROM jobs"), 0);
  EXPECT_EQ(Files(), 0u);
}

TEST_F(JanitorTest, MemoriesAndStaleWebhooksAreForgotten) {
  auto request = store_.RequestFor(PngOf({40, 40}));
  request.webhook_url = "https://example.com/";
  Take(store_.service->Submit(store_.key, std::move(request)));
  const JobRecord done = store_.Complete(store_.ClaimOne());
  store_.clock.Advance(kWeek + seconds(1));
  Take(janitor_.RunOnce());
  EXPECT_EQ(QueryNumber(*store_.database, "SELECT COUNT(*) FROM outbox"), 0);
  EXPECT_EQ(Take(store_.service->Stats()).webhooks_dropped_total, 2);
  EXPECT_EQ(store_.service->FindFile(done.output_id).error().code(), StatusCode::kGone);
  store_.clock.Advance(hours(24 * 30) + seconds(1));
  Take(janitor_.RunOnce());
  EXPECT_EQ(store_.service->FindFile(done.output_id).error().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace recover

#include "jobs/job_watch.h"

#include <atomic>

#include <gtest/gtest.h>

#include "jobs/test_worker.h"

namespace recover {
namespace {

using std::chrono::milliseconds;

class JobWatchTest : public ::testing::Test {
 protected:
  JobWatchTest() {
    store_.Submit();
    claim_ = store_.ClaimOne();
    parts_.queue = store_.queue.get();
    parts_.job_timeout = std::chrono::hours(1);
    parts_.stuck_patience = std::chrono::hours(1);
  }
  JobRecord Now() { return Take(store_.service->Find(store_.key, claim_.job.process_id)); }

  TestStore store_;
  Claim claim_;
  JobRunParts parts_;
  std::stop_source worker_stop_;
};

TEST_F(JobWatchTest, ProgressReachesTheStoreButNotAHundredBeforeTheEnd) {
  JobWatch watch(claim_, parts_, worker_stop_.get_token());
  const RunContext context = watch.MakeContext();
  context.Report(30, 60);
  Await([&] { return Now().progress == 50; }, "half");
  context.Report(60, 60);
  Await([&] { return Now().progress == 99; }, "all but the file");
}

TEST_F(JobWatchTest, ACancelStopsTheRun) {
  JobWatch watch(claim_, parts_, worker_stop_.get_token());
  const RunContext context = watch.MakeContext();
  EXPECT_TRUE(context.CheckStop().ok());
  ASSERT_TRUE(store_.service->Cancel(store_.key, claim_.job.process_id).ok());
  Await([&] { return !context.CheckStop().ok(); }, "the stop");
  EXPECT_EQ(watch.end(), RunEnd::kCancelled);
}

TEST_F(JobWatchTest, ALostClaimStopsTheRun) {
  JobWatch watch(claim_, parts_, worker_stop_.get_token());
  const RunContext context = watch.MakeContext();
  ASSERT_EQ(Take(store_.queue->ReleaseJobsOf(claim_.worker_id)), 1);
  Await([&] { return !context.CheckStop().ok(); }, "the stop");
  EXPECT_EQ(watch.end(), RunEnd::kLost);
}

TEST_F(JobWatchTest, TheWorkersStopIsTheRunsAtOnce) {
  JobWatch watch(claim_, parts_, worker_stop_.get_token());
  const RunContext context = watch.MakeContext();
  worker_stop_.request_stop();
  EXPECT_FALSE(context.CheckStop().ok());
  EXPECT_EQ(watch.end(), RunEnd::kStop);
}

TEST_F(JobWatchTest, WaitingForTheDeviceIsNotCountedAsWork) {
  parts_.job_timeout = milliseconds(300);
  JobWatch waiting(claim_, parts_, worker_stop_.get_token());
  const RunContext context = waiting.MakeContext();
  context.waiting(true);
  const JobWatch working(claim_, parts_, worker_stop_.get_token());
  Await([&] { return working.end() == RunEnd::kTimeout; }, "the time-out of the one that works");
  EXPECT_EQ(waiting.end(), RunEnd::kNone);
  EXPECT_GE(waiting.waited_seconds(), 0.3);
  context.waiting(false);
  Await([&] { return waiting.end() == RunEnd::kTimeout; }, "its own once it works");
}

TEST_F(JobWatchTest, ARunThatDoesNotStopIsReportedOnce) {
  std::atomic<int> stuck = 0;
  parts_.stuck_patience = milliseconds(1);
  parts_.on_stuck = [&stuck] { ++stuck; };
  {
    const JobWatch watch(claim_, parts_, worker_stop_.get_token());
    worker_stop_.request_stop();
    Await([&] { return stuck > 0; }, "the report");
    const int64_t before = QueryNumber(*store_.database, "SELECT heartbeats FROM jobs");
    Await(
        [&] { return QueryNumber(*store_.database, "SELECT heartbeats FROM jobs") >= before + 2; },
        "two more rounds");
  }
  EXPECT_EQ(stuck, 1);
}

TEST_F(JobWatchTest, NoMoreThanFourHeartbeatsASecond) {
  const auto begin = std::chrono::steady_clock::now();
  const int64_t before = QueryNumber(*store_.database, "SELECT heartbeats FROM jobs");
  JobWatch watch(claim_, parts_, worker_stop_.get_token());
  const RunContext context = watch.MakeContext();
  const auto beats = [&] {
    context.Report(1, 2);
    return QueryNumber(*store_.database, "SELECT heartbeats FROM jobs") - before;
  };
  Await([&] { return beats() >= 4; }, "four heartbeats");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(990));
}

}  // namespace
}  // namespace recover

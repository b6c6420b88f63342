#include "jobs/job_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failing_env.h"
#include "jobs/failure_text.h"
#include "jobs/test_worker.h"

namespace recover {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class JobRunTest : public ::testing::Test {
 protected:
  JobRunTest() {
    PutServedNetworks(models_.path());
    EngineOptions options = TestWorkerOptions(store_, models_.path()).engine;
    options.model = ServedNetworks().front();
    engine_ = Take(Engine::Load(options));
    blobs_ = Take(BlobStore::Open(env_, store_.blobs->root()));
    parts_ = {.queue = store_.queue.get(),
              .blobs = blobs_.get(),
              .turnstile = &turnstile_,
              .job_timeout = std::chrono::hours(1),
              .stuck_patience = std::chrono::hours(1),
              .on_stuck = {}};
  }
  JobRecord Run() {
    const JobRecord job =
        Take(store_.service->Submit(store_.key, store_.RequestFor(WavesPng({40, 40}))));
    RunJob(store_.ClaimOne(), *engine_, parts_, {});
    return Take(store_.service->Find(store_.key, job.process_id));
  }

  TestFolder models_;
  TestStore store_;
  FailingEnv env_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<BlobStore> blobs_;
  Turnstile turnstile_;
  JobRunParts parts_;
};

TEST_F(JobRunTest, AFullDiskFailsTheJobAndTheNextOneIsDone) {
  using Op = FailingEnv::Op;
  for (const Op op : {Op::kCreate, Op::kSync, Op::kRename}) {
    env_.Fail(op, ENOSPC);
    const JobRecord job = Run();
    EXPECT_EQ(job.state, JobState::kFailed);
    EXPECT_THAT(job.message, HasSubstr("disk is full"));
    EXPECT_THAT(job.message, Not(HasSubstr("/")));
    ExpectOnlyInputs(store_);
  }
  EXPECT_EQ(store_.Balance(store_.key).available(), 1000);
  EXPECT_EQ(Run().state, JobState::kCompleted);
}

TEST_F(JobRunTest, ADiskThatFailsOtherwiseIsTheServersFaultWithoutItsPaths) {
  env_.Fail(FailingEnv::Op::kSync, EIO);
  const JobRecord job = Run();
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_THAT(job.message, HasSubstr("inside the server"));
  EXPECT_THAT(job.message, Not(HasSubstr("/")));
}

TEST_F(JobRunTest, AnOutputOfALostJobIsTakenAwayAgain) {
  const JobRecord job =
      Take(store_.service->Submit(store_.key, store_.RequestFor(WavesPng({40, 40}))));
  const Claim stale = store_.ClaimOne("dead");
  ASSERT_EQ(Take(store_.queue->ReleaseJobsOf("dead")), 1);
  const Claim fresh = store_.ClaimOne("alive");
  RunJob(stale, *engine_, parts_, {});
  EXPECT_EQ(Take(store_.service->Find(store_.key, job.process_id)).state, JobState::kProcessing);
  ExpectOnlyInputs(store_);
  RunJob(fresh, *engine_, parts_, {});
  EXPECT_EQ(Take(store_.service->Find(store_.key, job.process_id)).state, JobState::kCompleted);
}

TEST(FailureText, SaysWhatToDoAndThatNothingWasTaken) {
  for (int i = 1; i <= static_cast<int>(StatusCode::kInternal); ++i) {
    const std::string text = FailureText({static_cast<StatusCode>(i), "photo.jpg: it is odd"});
    EXPECT_THAT(text, HasSubstr("No credits were taken.")) << text;
    EXPECT_GT(text.size(), 60U) << text;
  }
}

TEST(FailureText, OnlyWhatTheInputOrTheSettingsDidIsToldInDetail) {
  const std::string secret = "/srv/data/blobs/ab/x: no";
  for (const StatusCode code :
       {StatusCode::kIoError, StatusCode::kInternal, StatusCode::kOutOfSpace, StatusCode::kNotFound,
        StatusCode::kPermissionDenied, StatusCode::kUnavailable, StatusCode::kTooLarge,
        StatusCode::kCancelled}) {
    EXPECT_THAT(FailureText({code, secret}), Not(HasSubstr("/srv")));
  }
  EXPECT_THAT(FailureText({StatusCode::kCorruptInput, "a.jpg: cut short"}),
              HasSubstr("a.jpg: cut short. Send"));
}

}  // namespace
}  // namespace recover

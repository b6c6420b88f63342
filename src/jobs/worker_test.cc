#include "jobs/worker.h"

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "codec/picture.h"
#include "jobs/chosen_settings.h"
#include "jobs/test_worker.h"

namespace recover {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Minutes of work for the tiny network in small tiles: no test waits for its end.
constexpr Size kEndless{3000, 3000};

class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest() {
    PutServedNetworks(models_.path());
    options_ = TestWorkerOptions(store_, models_.path());
  }
  ~WorkerTest() override { End(); }

  void Begin() {
    thread_ = std::jthread([this] { status_ = RunWorker(options_, control_); });
  }
  void End() {
    if (!thread_.joinable()) return;
    control_.Stop();
    thread_.join();
    EXPECT_TRUE(status_.ok()) << status_.message();
  }

  JobRecord Submit(const std::string& bytes, RequestSettings settings = {}) {
    JobRecord job =
        Take(store_.service->Submit(store_.key, store_.RequestFor(bytes, std::move(settings))));
    control_.Wake();
    return job;
  }
  JobRecord Now(const JobRecord& job) {
    return Take(store_.service->Find(store_.key, job.process_id));
  }
  JobRecord AwaitEnd(const JobRecord& job) {
    Await([&] { return IsFinal(Now(job).state); }, "the end of the job");
    return Now(job);
  }
  void AwaitProgress(const JobRecord& job) {
    Await([&] { return Now(job).progress > 0; }, "progress");
  }
  PictureInfo OutputOf(const JobRecord& job) {
    return Take(Picture::Open(Input::FromFile(store_.blobs->PathOf(job.output_id)), {})).info();
  }

  TestFolder models_;
  TestStore store_;
  WorkerOptions options_;
  WorkerControl control_;
  Status status_;
  std::jthread thread_;
};

TEST_F(WorkerTest, AJobIsCompletedAsAsked) {
  RequestSettings settings;
  settings.output_width = 90;
  settings.output_height = 90;
  settings.crop_to_fill = true;
  settings.output_format = FileFormat::kPng;
  settings.seed = 12;
  settings.creativity = 7;
  settings.prompt = "a boat";
  Begin();
  const JobRecord job = AwaitEnd(Submit(WavesPng({60, 40}), settings));
  ASSERT_EQ(job.state, JobState::kCompleted) << job.message;
  EXPECT_EQ(job.progress, 100);
  const PictureInfo output = OutputOf(job);
  EXPECT_EQ(output.format, FileFormat::kPng);
  EXPECT_EQ(output.size, (Size{90, 90}));
  EXPECT_EQ(output.channels, 3) << "cut, not letterboxed";
  const Json told = Take(ParseJson(job.options_json, "options_json"));
  EXPECT_EQ(told["seed"], 12);
  EXPECT_EQ(told["creativity"], 7);
  EXPECT_EQ(told["prompt"], "a boat");
  EXPECT_THAT(told["without_effect"].get<std::vector<std::string>>(), ElementsAre("prompt"));
  EXPECT_EQ(store_.Balance(store_.key).consumed, 1);
}

TEST_F(WorkerTest, TheSameInputSettingsAndSeedGiveTheSameBytes) {
  Begin();
  RequestSettings settings;
  settings.creativity = 9;
  const JobRecord first = AwaitEnd(Submit(WavesPng({100, 80}), settings));
  const JobRecord again = AwaitEnd(Submit(WavesPng({100, 80}), settings));
  settings.seed = 5;
  const JobRecord other = AwaitEnd(Submit(WavesPng({100, 80}), settings));
  const auto bytes = [this](const JobRecord& job) {
    return Take(Env::Real().ReadFile(store_.blobs->PathOf(job.output_id), 1 << 24));
  };
  EXPECT_EQ(bytes(first), bytes(again));
  EXPECT_NE(bytes(first), bytes(other));
  // The seed that came from the bytes is told, and gives them again when it is sent.
  const Json told = Take(ParseJson(first.options_json, "options_json"));
  EXPECT_THAT(told["chosen"].get<std::vector<std::string>>(), ElementsAre("autoprompt", "seed"));
  settings.seed = told["seed"].get<int64_t>();
  EXPECT_EQ(bytes(AwaitEnd(Submit(WavesPng({100, 80}), settings))), bytes(first));
}

TEST_F(WorkerTest, EachModelHasItsOwnCreativity) {
  Begin();
  RequestSettings settings;
  settings.model = "Natural Enhance";
  const JobRecord natural = AwaitEnd(Submit(WavesPng({40, 40}), settings));
  settings.model = "Recover 3";
  const JobRecord recover = AwaitEnd(Submit(WavesPng({40, 40}), settings));
  EXPECT_EQ(Take(ParseJson(natural.options_json, ""))["creativity"], 1);
  EXPECT_EQ(Take(ParseJson(recover.options_json, ""))["creativity"], 3);
}

TEST_F(WorkerTest, ProgressIsToldWhileItWorksAndACancelEndsItWithinATile) {
  Begin();
  const JobRecord job = Submit(WavesPng(kEndless));
  AwaitProgress(job);
  EXPECT_EQ(Now(job).state, JobState::kProcessing);
  ASSERT_TRUE(store_.service->Cancel(store_.key, job.process_id).ok());
  EXPECT_EQ(store_.Balance(store_.key).reserved, 0);
  // The device is free again soon: the next job does not wait for the endless one.
  const JobRecord next = AwaitEnd(Submit(WavesPng({40, 40})));
  EXPECT_EQ(next.state, JobState::kCompleted) << next.message;
  EXPECT_EQ(Now(job).state, JobState::kCancelled);
  ASSERT_TRUE(store_.service->Delete(store_.key, next.process_id).ok());
  End();
  ExpectOnlyInputs(store_);
}

TEST_F(WorkerTest, AStopGivesTheJobBackUncountedAndKeepsItsProgress) {
  Begin();
  const JobRecord job = Submit(WavesPng(kEndless));
  AwaitProgress(job);
  End();
  const JobRecord back = Now(job);
  EXPECT_EQ(back.state, JobState::kPending);
  EXPECT_EQ(back.attempts, 0);
  EXPECT_GT(back.progress, 0);
  EXPECT_EQ(store_.Balance(store_.key).reserved, back.credits);
  ExpectOnlyInputs(store_);
}

TEST_F(WorkerTest, ADrainFinishesWhatRunsAndTakesNothingNew) {
  Begin();
  const JobRecord running = Submit(WavesPng({500, 500}));
  Await([&] { return Now(running).state == JobState::kProcessing; }, "the start");
  control_.Drain();
  const JobRecord waiting = Submit(WavesPng({40, 40}));
  thread_.join();
  EXPECT_TRUE(status_.ok()) << status_.message();
  EXPECT_EQ(Now(running).state, JobState::kCompleted) << Now(running).message;
  EXPECT_EQ(Now(waiting).state, JobState::kPending);
}

TEST_F(WorkerTest, AJobThatWorksTooLongFailsWithWhatToDo) {
  options_.job_timeout = milliseconds(1000);
  Begin();
  const JobRecord job = AwaitEnd(Submit(WavesPng(kEndless)));
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_THAT(job.message, HasSubstr("longer than the 1 seconds"));
  EXPECT_THAT(job.message, HasSubstr("--job-timeout"));
  EXPECT_EQ(store_.Balance(store_.key).available(), 1000);
  End();
  ExpectOnlyInputs(store_);
}

TEST_F(WorkerTest, APictureThatBreaksOffFailsAloneAndNamesNoPath) {
  Begin();
  const std::string whole = WavesPng({400, 300});
  const JobRecord job = AwaitEnd(Submit(whole.substr(0, whole.size() / 2)));
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_THAT(job.message, HasSubstr("photo.png"));
  EXPECT_THAT(job.message, HasSubstr("No credits were taken"));
  EXPECT_THAT(job.message, Not(HasSubstr(store_.folder.path().string())));
  EXPECT_EQ(store_.Balance(store_.key).available(), 1000);
  EXPECT_EQ(AwaitEnd(Submit(whole)).state, JobState::kCompleted);
}

TEST_F(WorkerTest, AnInputThatIsGoneFailsTheJob) {
  const JobRecord job = Submit(WavesPng({40, 40}));
  ASSERT_TRUE(store_.blobs->Remove(job.source_id).ok());
  Begin();
  const JobRecord ended = AwaitEnd(job);
  EXPECT_EQ(ended.state, JobState::kFailed);
  EXPECT_THAT(ended.message, HasSubstr("Upload the picture again"));
}

TEST_F(WorkerTest, AJobThatNeedsTooMuchMemoryFailsWithWhatToDo) {
  options_.engine.memory_bytes = int64_t{200} << 20;
  Begin();
  RequestSettings settings;
  settings.output_width = 30000;
  const JobRecord job = AwaitEnd(Submit(WavesPng({300, 3}), settings));
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_THAT(job.message, HasSubstr("memory"));
}

TEST_F(WorkerTest, SecondsAreTheJobsOwnWithoutTheWaitForTheDevice) {
  Begin();
  std::vector<JobRecord> jobs;
  for (int i = 0; i < 4; ++i) jobs.push_back(Submit(WavesPng({600, 600})));
  const auto begin = std::chrono::steady_clock::now();
  for (const JobRecord& job : jobs) {
    EXPECT_EQ(AwaitEnd(job).state, JobState::kCompleted);
  }
  const std::chrono::duration<double> all = std::chrono::steady_clock::now() - begin;
  const ServiceStats stats = Take(store_.service->Stats());
  EXPECT_GT(stats.network_seconds_total, 0);
  // One at a time on the device: the jobs' network seconds lie side by side, not upon
  // each other. Had the waits been counted, they would add up to far more than passed.
  EXPECT_LT(stats.network_seconds_total, all.count() * 1.2 + 0.5);
}

TEST_F(WorkerTest, AJobThatWasInADeadWorkerIsTriedAgainAlone) {
  const JobRecord suspect = Submit(WavesPng(kEndless));
  store_.ClaimOne("dead");
  ASSERT_EQ(Take(store_.queue->ReleaseJobsOf("dead")), 1);
  const JobRecord innocent = Submit(WavesPng({40, 40}));
  Begin();
  AwaitProgress(suspect);
  EXPECT_EQ(Now(innocent).state, JobState::kPending);
  EXPECT_EQ(Now(innocent).attempts, 0) << "what kills the worker would not count against it";
  ASSERT_TRUE(store_.service->Cancel(store_.key, suspect.process_id).ok());
  EXPECT_EQ(AwaitEnd(innocent).state, JobState::kCompleted);
}

TEST_F(WorkerTest, AJobToBeAloneWaitsForTheOneThatRuns) {
  const JobRecord running = Submit(WavesPng(kEndless));
  const JobRecord suspect = Submit(WavesPng({40, 40}));
  ASSERT_EQ(store_.ClaimOne("alive").job.process_id, running.process_id);
  store_.ClaimOne("dead");
  ASSERT_EQ(Take(store_.queue->ReleaseJobsOf("dead")), 1);
  // As a stop does: the first is as good as new.
  Execute(*store_.database, "UPDATE jobs SET state = 'Pending', attempts = 0 WHERE sequence = 1");
  Begin();
  AwaitProgress(running);
  EXPECT_EQ(Now(suspect).state, JobState::kPending);
  ASSERT_TRUE(store_.service->Cancel(store_.key, running.process_id).ok());
  EXPECT_EQ(AwaitEnd(suspect).state, JobState::kCompleted);
}

TEST_F(WorkerTest, AMissingNetworkIsToldAtTheStart) {
  std::filesystem::remove_all(models_.path());
  options_.on_ready = [] { ADD_FAILURE() << "not ready without a network"; };
  EXPECT_EQ(RunWorker(options_, control_).code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace recover

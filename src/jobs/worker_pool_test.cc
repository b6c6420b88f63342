#include "jobs/worker_pool.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "jobs/test_worker.h"

namespace recover {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

bool IsGone(int pid) { return kill(pid, 0) != 0 && errno == ESRCH; }

/// Children that are shell scripts and say what the tests want.
class WorkerPoolTest : public ::testing::Test {
 protected:
  WorkerPoolOptions Script(const std::string& script) const {
    WorkerPoolOptions options;
    options.program = "/bin/sh";
    options.arguments = {"-c", script};
    options.first_pause = milliseconds(20);
    options.stop_patience = milliseconds(300);
    return options;
  }
  void Begin(const WorkerPoolOptions& options) {
    pool_ = Take(WorkerPool::Start(options, std::make_shared<JobQueue>(store_.database)));
  }
  int AwaitOtherPid(int than) {
    Await([&] { return pool_->pids().size() == 1 && pool_->pids()[0] != than; }, "a new child");
    return pool_->pids()[0];
  }
  JobRecord Now(const JobRecord& job) {
    return Take(store_.service->Find(store_.key, job.process_id));
  }

  TestStore store_;
  std::unique_ptr<WorkerPool> pool_;
};

// Each ends when its standard input does.
constexpr char kReady[] = "echo worker one; echo ready; cat > /dev/null";
constexpr char kLoading[] = "echo worker one; cat > /dev/null";

TEST_F(WorkerPoolTest, IsReadyOnceAChildHasLoadedItsNetwork) {
  Begin(Script(kLoading));
  EXPECT_FALSE(pool_->IsReady());
  EXPECT_THAT(pool_->pids(), SizeIs(1));
  pool_.reset();
  Begin(Script(kReady));
  Await([&] { return pool_->IsReady(); }, "a ready child");
}

TEST_F(WorkerPoolTest, ChildrenAreNicedAndAsManyAsAsked) {
  WorkerPoolOptions options = Script(kReady);
  options.workers = 3;
  options.niceness = 7;
  Begin(options);
  const std::vector<int> pids = pool_->pids();
  ASSERT_THAT(pids, SizeIs(3));
  for (const int pid : pids) {
    EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(pid)), 7);
    EXPECT_EQ(getpgid(pid), pid) << "a Ctrl-C on the terminal is not theirs";
  }
}

TEST_F(WorkerPoolTest, NoChildOutlivesThePool) {
  Begin(Script(kReady));
  const int pid = pool_->pids().at(0);
  pool_.reset();
  EXPECT_TRUE(IsGone(pid));
}

TEST_F(WorkerPoolTest, AChildThatHearsNothingIsKilled) {
  Begin(Script("echo ready; exec sleep 1000"));
  Await([&] { return pool_->IsReady(); }, "a ready child");
  const int pid = pool_->pids().at(0);
  pool_.reset();
  EXPECT_TRUE(IsGone(pid));
}

TEST_F(WorkerPoolTest, AWakeReachesTheChildAsAByte) {
  const auto file = store_.folder / "heard";
  Begin(Script("echo ready; dd bs=1 count=1 2>/dev/null > " + file.string() + "; cat > /dev/null"));
  Await([&] { return pool_->IsReady(); }, "a ready child");
  pool_->Wake();
  Await([&] { return store_.folder.Get("heard") == "w"; }, "the byte");
}

TEST_F(WorkerPoolTest, ADrainLetsChildrenFinish) {
  const auto file = store_.folder / "finished";
  // Hears 'd', and only then does its last piece of work.
  Begin(
      Script("echo ready; test $(dd bs=1 count=1 2>/dev/null) = d && echo yes > " + file.string()));
  Await([&] { return pool_->IsReady(); }, "a ready child");
  const int pid = pool_->pids().at(0);
  pool_->Drain(std::chrono::minutes(1));
  EXPECT_EQ(store_.folder.Get("finished"), "yes\n");
  EXPECT_TRUE(IsGone(pid));
  EXPECT_THAT(pool_->pids(), IsEmpty()) << "and nobody takes its place";
}

TEST_F(WorkerPoolTest, ADrainsPatienceEndsOrIsEnded) {
  Begin(Script(kReady));
  pool_->Drain(milliseconds(50));
  EXPECT_THAT(pool_->pids(), IsEmpty());
  Begin(Script(kReady));
  std::jthread second([&] { pool_->StopNow(); });
  pool_->Drain(std::chrono::hours(1));
  EXPECT_THAT(pool_->pids(), IsEmpty());
}

TEST_F(WorkerPoolTest, ADeadChildIsReplacedAndItsJobsAreTakenBack) {
  const JobRecord job = store_.Submit();
  Begin(Script(kReady));
  Await([&] { return pool_->IsReady(); }, "a ready child");
  ASSERT_EQ(store_.ClaimOne("one").job.process_id, job.process_id);
  const int pid = pool_->pids().at(0);
  ASSERT_EQ(kill(pid, SIGKILL), 0);
  Await([&] { return Now(job).state == JobState::kPending; }, "the job to be Pending again");
  EXPECT_EQ(Now(job).attempts, 1) << "a try that counts";
  AwaitOtherPid(pid);
}

TEST_F(WorkerPoolTest, TheThirdDeathFailsTheJobWithWhatToDo) {
  const JobRecord job = store_.Submit();
  Begin(Script(kReady));
  int pid = 0;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    pid = AwaitOtherPid(pid);
    Await([&] { return pool_->IsReady(); }, "a ready child");
    ASSERT_EQ(store_.ClaimOne("one").job.process_id, job.process_id);
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    Await([&] { return Now(job).state != JobState::kProcessing; }, "the job to be taken back");
  }
  EXPECT_EQ(Now(job).state, JobState::kFailed);
  EXPECT_THAT(Now(job).message, HasSubstr("smaller output"));
  EXPECT_EQ(store_.Balance(store_.key).reserved, 0);
}

TEST_F(WorkerPoolTest, ChildrenThatDieAtOnceAreStartedAtGrowingPauses) {
  const auto file = store_.folder / "starts";
  const auto begin = std::chrono::steady_clock::now();
  Begin(Script("echo x >> " + file.string()));
  const auto starts = [&] {
    const std::string text = store_.folder.Get("starts");
    return std::count(text.begin(), text.end(), 'x');
  };
  Await([&] { return starts() >= 5; }, "the fifth start");
  // 20 + 40 + 80 + 160 ms lie between five starts.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(300));
  EXPECT_FALSE(pool_->IsReady());
}

TEST_F(WorkerPoolTest, AJobWithoutAHeartbeatIsTakenFromItsWorker) {
  const JobRecord job = store_.Submit();
  WorkerPoolOptions options = Script(kReady);
  options.lease = milliseconds(200);
  store_.ClaimOne("one that hangs");
  Begin(options);
  // Leases are measured on the store's clock.
  Await(
      [&] {
        store_.clock.Advance(milliseconds(50));
        return Now(job).state == JobState::kPending;
      },
      "the lease's end");
}

TEST_F(WorkerPoolTest, AProgramThatIsNotThereIsToldAtTheStart) {
  WorkerPoolOptions options;
  options.program = "/nowhere/recover";
  const auto pool = WorkerPool::Start(options, std::make_shared<JobQueue>(store_.database));
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().code(), StatusCode::kNotFound);
  EXPECT_THAT(pool.error().message(), HasSubstr("/nowhere/recover"));
}

/// The same with real workers and the tiny network.
class RealWorkersTest : public WorkerPoolTest {
 protected:
  RealWorkersTest() { PutServedNetworks(models_.path()); }

  WorkerPoolOptions Real() const {
    WorkerPoolOptions options;
    options.program = RECOVER_TEST_WORKER;
    options.arguments = {store_.folder.path().string(), models_.path().string()};
    options.first_pause = milliseconds(20);
    return options;
  }
  JobRecord Submit(Size size) {
    JobRecord job = Take(store_.service->Submit(store_.key, store_.RequestFor(WavesPng(size))));
    pool_->Wake();
    return job;
  }
  void AwaitState(const JobRecord& job, JobState state) {
    Await([&] { return Now(job).state == state; }, std::string(JobStateName(state)).c_str());
  }

  TestFolder models_;
};

TEST_F(RealWorkersTest, AKilledWorkersJobIsTakenUpAgainAndItsProgressNeverFalls) {
  Begin(Real());
  const JobRecord job = Submit({900, 900});
  int last = 0;
  const auto watch = [&] {
    const JobRecord now = Now(job);
    EXPECT_GE(now.progress, last);
    last = now.progress;
    return now;
  };
  Await([&] { return watch().progress > 0; }, "progress");
  ASSERT_EQ(kill(pool_->pids().at(0), SIGKILL), 0);
  Await([&] { return IsFinal(watch().state); }, "the end of the job");
  EXPECT_EQ(Now(job).state, JobState::kCompleted) << Now(job).message;
  EXPECT_EQ(Now(job).attempts, 2);
  EXPECT_EQ(store_.Balance(store_.key).consumed, 1) << "charged once";
  ASSERT_TRUE(Picture::Open(Input::FromFile(store_.blobs->PathOf(Now(job).output_id)), {}));
}

TEST_F(RealWorkersTest, TwoWorkersShareWhatThereIs) {
  WorkerPoolOptions options = Real();
  options.workers = 2;
  Begin(options);
  std::vector<JobRecord> jobs;
  for (int i = 0; i < 6; ++i) jobs.push_back(Submit({100, 100}));
  for (const JobRecord& job : jobs) AwaitState(job, JobState::kCompleted);
  EXPECT_EQ(store_.Balance(store_.key).consumed, 6);
  const auto claims = QueryTexts(*store_.database, "SELECT DISTINCT attempts FROM jobs");
  EXPECT_THAT(claims, ::testing::ElementsAre("1")) << "nothing was done twice";
}

TEST_F(RealWorkersTest, AnEndedPoolLeavesItsJobsPendingForTheNextOne) {
  Begin(Real());
  const JobRecord job = Submit({900, 900});
  Await([&] { return Now(job).progress > 0; }, "progress");
  pool_->Drain(milliseconds(0));
  EXPECT_EQ(Now(job).state, JobState::kPending);
  EXPECT_EQ(Now(job).attempts, 0) << "told to stop: no fault of the job";
  Begin(Real());
  AwaitState(job, JobState::kCompleted);
}

TEST_F(RealWorkersTest, AJobThatKillsEachWorkerTakesNoInnocentOneAlong) {
  Begin(Real());
  const JobRecord killer = Submit({3000, 3000});
  const JobRecord innocent = Submit({40, 40});
  // Side by side at first: nobody can know yet.
  AwaitState(innocent, JobState::kProcessing);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    Await(
        [&] {
          const JobRecord now = Now(killer);
          return now.state == JobState::kProcessing && now.attempts == attempt;
        },
        "the next try");
    ASSERT_EQ(kill(pool_->pids().at(0), SIGKILL), 0);
    Await([&] { return Now(killer).state != JobState::kProcessing; }, "the death to be seen");
  }
  EXPECT_EQ(Now(killer).state, JobState::kFailed);
  AwaitState(innocent, JobState::kCompleted);
  EXPECT_EQ(Now(innocent).attempts, 2);
}

TEST_F(RealWorkersTest, WorkersOutliveTheSignalsOfATerminal) {
  Begin(Real());
  Await([&] { return pool_->IsReady(); }, "a ready worker");
  for (const int number : {SIGINT, SIGTERM}) ASSERT_EQ(kill(pool_->pids().at(0), number), 0);
  AwaitState(Submit({100, 100}), JobState::kCompleted);
}

}  // namespace
}  // namespace recover

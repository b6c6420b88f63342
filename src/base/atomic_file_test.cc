#include "base/atomic_file.h"

#include <signal.h>

#include <fstream>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/failing_env.h"
#include "base/test_folder.h"

namespace recover {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Op = FailingEnv::Op;
namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  TestFolder folder_;
  FailingEnv env_;
};

TEST_F(AtomicFileTest, AppearsWholeAtCommitAndNotBefore) {
  Result<AtomicFile> file = AtomicFile::Create(env_, folder_ / "out.jpg");
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->Write("first ").ok());
  EXPECT_TRUE(file->Write("second").ok());
  EXPECT_FALSE(fs::exists(folder_ / "out.jpg"));
  EXPECT_TRUE(file->Commit(OnExisting::kKeep).ok());
  EXPECT_EQ(folder_.Get("out.jpg"), "first second");
  EXPECT_THAT(folder_.Names(), ElementsAre("out.jpg"));
  EXPECT_EQ(env_.calls(Op::kSync), 1) << "the content must reach the disk before the name";
}

TEST_F(AtomicFileTest, DroppedWithoutCommitLeavesNothing) {
  folder_.Put("out.jpg", "old");
  {
    Result<AtomicFile> file = AtomicFile::Create(env_, folder_ / "out.jpg");
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->Write("new").ok());
  }
  EXPECT_THAT(folder_.Names(), ElementsAre("out.jpg"));
  EXPECT_EQ(folder_.Get("out.jpg"), "old");
}

TEST_F(AtomicFileTest, ALibraryMayWriteByName) {
  Result<AtomicFile> file = AtomicFile::Create(env_, folder_ / "out.jpg");
  std::ofstream(file->temporary_path(), std::ios::trunc) << "by name";
  EXPECT_TRUE(Env::Real().IsLocked(file->temporary_path())) << "truncating keeps the lock";
  EXPECT_TRUE(file->Commit(OnExisting::kReplace).ok());
  EXPECT_EQ(folder_.Get("out.jpg"), "by name");
}

TEST_F(AtomicFileTest, ReplacesOrKeepsAsAsked) {
  folder_.Put("out.jpg", "old");
  Result<AtomicFile> first = AtomicFile::Create(env_, folder_ / "out.jpg");
  EXPECT_TRUE(first->Write("first").ok());
  EXPECT_EQ(first->Commit(OnExisting::kKeep).code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(folder_.Get("out.jpg"), "old");

  Result<AtomicFile> second = AtomicFile::Create(env_, folder_ / "out.jpg");
  EXPECT_TRUE(second->Write("second").ok());
  EXPECT_TRUE(second->Commit(OnExisting::kReplace).ok());
  EXPECT_EQ(folder_.Get("out.jpg"), "second");
  EXPECT_THAT(folder_.Names(), ElementsAre("out.jpg"));
}

TEST_F(AtomicFileTest, MovedFilesStillCommitOnce) {
  std::optional<AtomicFile> moved;
  {
    Result<AtomicFile> file = AtomicFile::Create(env_, folder_ / "a");
    EXPECT_TRUE(file->Write("x").ok());
    moved.emplace(*std::move(file));
  }
  AtomicFile other = *AtomicFile::Create(env_, folder_ / "b");
  other = *std::move(moved);
  EXPECT_TRUE(other.Commit(OnExisting::kKeep).ok());
  EXPECT_THAT(folder_.Names(), ElementsAre("a"));
}

TEST_F(AtomicFileTest, FollowsALinkToTheFileBehindIt) {
  folder_.Put("real.jpg", "old");
  fs::create_symlink(folder_ / "real.jpg", folder_ / "link.jpg");
  Result<AtomicFile> file = AtomicFile::Create(env_, folder_ / "link.jpg");
  EXPECT_TRUE(file->Write("new").ok());
  EXPECT_TRUE(file->Commit(OnExisting::kReplace).ok());
  EXPECT_TRUE(fs::is_symlink(folder_ / "link.jpg"));
  EXPECT_EQ(folder_.Get("real.jpg"), "new");
}

TEST_F(AtomicFileTest, RefusesTargetsThatAreNoFiles) {
  EXPECT_EQ(AtomicFile::Create(env_, folder_.path()).error().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(AtomicFile::Create(env_, "/dev/null").error().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(AtomicFile::Create(env_, folder_ / "missing" / "out.jpg").error().code(),
            StatusCode::kNotFound);
}

TEST_F(AtomicFileTest, LongNamesFitWhereTheTargetFits) {
  const std::string name(255, 'n');
  Result<AtomicFile> file = AtomicFile::Create(env_, folder_ / name);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_TRUE(file->Commit(OnExisting::kKeep).ok());
  EXPECT_TRUE(fs::exists(folder_ / name));
}

TEST_F(AtomicFileTest, AFullDiskAtAnyStepLeavesTheOldFileAndNoTemporary) {
  for (const Op op : {Op::kCreate, Op::kWrite, Op::kSync, Op::kRename}) {
    folder_.Put("out.jpg", "old");
    FailingEnv env;
    env.Fail(op, ENOSPC);
    Status status;
    {
      Result<AtomicFile> file = AtomicFile::Create(env, folder_ / "out.jpg");
      status = file.error();
      if (file) {
        status = file->Write("new");
        if (status.ok()) {
          status = file->Commit(OnExisting::kReplace);
        }
      }
    }
    EXPECT_EQ(status.code(), StatusCode::kOutOfSpace) << static_cast<int>(op);
    EXPECT_EQ(folder_.Get("out.jpg"), "old");
    EXPECT_THAT(folder_.Names(), ElementsAre("out.jpg"));
  }
}

TEST_F(AtomicFileTest, CreateErrorsNameTheTarget) {
  env_.Fail(Op::kCreate, EACCES);
  const Status status = AtomicFile::Create(env_, folder_ / "out.jpg").error();
  EXPECT_EQ(status.code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(status.message(), HasSubstr("out.jpg"));
}

TEST_F(AtomicFileTest, ATakenTemporaryNameIsTriedAgain) {
  env_.Fail(Op::kCreate, EEXIST);
  EXPECT_TRUE(AtomicFile::Create(env_, folder_ / "out.jpg"));
  EXPECT_EQ(env_.calls(Op::kCreate), 2);
}

TEST_F(AtomicFileTest, AFolderThatCannotBeSyncedDoesNotUndoTheFile) {
  env_.Fail(Op::kSyncFolder, EIO);
  Result<AtomicFile> file = AtomicFile::Create(env_, folder_ / "out.jpg");
  EXPECT_TRUE(file->Commit(OnExisting::kKeep).ok());
  EXPECT_THAT(folder_.Names(), ElementsAre("out.jpg"));
}

TEST_F(AtomicFileTest, SweepSparesTheLivingAndOtherFiles) {
  folder_.Put(".recover-1-2-3.tmp", "left by a dead process");
  folder_.Put("photo.jpg", "");
  folder_.Put(".recover-", "");
  const Result<AtomicFile> living = AtomicFile::Create(env_, folder_ / "out.jpg");
  EXPECT_EQ(SweepTemporaries(env_, folder_.path()), 1);
  EXPECT_THAT(folder_.Names(), UnorderedElementsAre("photo.jpg", ".recover-",
                                                    living->temporary_path().filename().string()));
}

TEST_F(AtomicFileTest, SweepRemovesWhatAKilledProcessLeft) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    Result<AtomicFile> file = AtomicFile::Create(Env::Real(), folder_ / "out.jpg");
    const char answer = file && file->Write("half").ok() ? 'y' : 'n';
    static_cast<void>(!write(ready[1], &answer, 1));
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_EQ(SweepTemporaries(env_, folder_.path()), 0) << "the process is alive";
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(folder_.Names().size(), 1U);
  EXPECT_EQ(SweepTemporaries(env_, folder_.path()), 1);
  EXPECT_THAT(folder_.Names(), IsEmpty());
  close(ready[0]);
  close(ready[1]);
}

TEST_F(AtomicFileTest, SweepingAFolderThatCannotBeListedDoesNothing) {
  EXPECT_EQ(SweepTemporaries(env_, folder_ / "missing"), 0);
  folder_.Put(".recover-1-2-3.tmp", "");
  env_.Fail(Op::kRemove, EACCES);
  EXPECT_EQ(SweepTemporaries(env_, folder_.path()), 0);
  EXPECT_EQ(folder_.Names().size(), 1U);
}

TEST_F(AtomicFileTest, TemporariesAreKnownByName) {
  const Result<AtomicFile> file = AtomicFile::Create(env_, folder_ / "out.jpg");
  EXPECT_TRUE(IsTemporaryName(file->temporary_path()));
  EXPECT_FALSE(IsTemporaryName("photo.tmp"));
  EXPECT_FALSE(IsTemporaryName(".recover-.tmp"));
  EXPECT_FALSE(IsTemporaryName("recover-1.tmp"));
}

}  // namespace
}  // namespace recover

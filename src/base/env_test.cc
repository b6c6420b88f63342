#include "base/env.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/test_folder.h"

namespace recover {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
namespace fs = std::filesystem;

class EnvTest : public testing::Test {
 protected:
  TestFolder folder_;
  Env& env_ = Env::Real();
};

TEST_F(EnvTest, ReadsFilesOfAnySizeUpToTheLimit) {
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{4095}, size_t{4096}, size_t{4097}, size_t{300'000}}) {
    const std::string bytes(size, 'x');
    folder_.Put("f", bytes);
    EXPECT_EQ(*env_.ReadFile(folder_ / "f", static_cast<int64_t>(size)), bytes) << size;
    if (size > 0) {
      EXPECT_EQ(env_.ReadFile(folder_ / "f", static_cast<int64_t>(size) - 1).error().code(),
                StatusCode::kTooLarge);
    }
  }
}

TEST_F(EnvTest, ReadingWhatHasNoSizeIsLimitedToo) {
  EXPECT_EQ(env_.ReadFile("/dev/zero", 10'000).error().code(), StatusCode::kTooLarge);
  EXPECT_EQ(*env_.ReadFile("/dev/null", 10'000), "");
}

TEST_F(EnvTest, ReadErrorsNameThePath) {
  const Status missing = env_.ReadFile(folder_ / "missing", 10).error();
  EXPECT_EQ(missing.code(), StatusCode::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("missing: No such file"));
  EXPECT_EQ(env_.ReadFile(folder_.path(), 10).error().code(), StatusCode::kInvalidArgument);
}

TEST_F(EnvTest, CreateLockedIsExclusiveAndLocksUntilClosed) {
  const fs::path path = folder_ / "f";
  {
    const Result<UniqueFd> fd = env_.CreateLocked(path);
    ASSERT_TRUE(fd);
    EXPECT_TRUE(env_.IsLocked(path));
    EXPECT_EQ(env_.CreateLocked(path).error().code(), StatusCode::kAlreadyExists);
    EXPECT_TRUE(env_.Write(*fd, "abc", path).ok());
    EXPECT_TRUE(env_.Write(*fd, "def", path).ok());
    EXPECT_TRUE(env_.Sync(*fd, path).ok());
  }
  EXPECT_FALSE(env_.IsLocked(path));
  EXPECT_EQ(*env_.ReadFile(path, 100), "abcdef");
}

TEST_F(EnvTest, NewFilesHaveTheRightsThatTheUmaskLeaves) {
  const mode_t old_mask = umask(027);
  const Result<UniqueFd> fd = env_.CreateLocked(folder_ / "f");
  umask(old_mask);
  struct stat info = {};
  ASSERT_EQ(stat((folder_ / "f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640U);
}

TEST_F(EnvTest, RenameReplacesOnlyWhenAsked) {
  folder_.Put("new", "new");
  folder_.Put("old", "old");
  EXPECT_EQ(env_.Rename(folder_ / "new", folder_ / "old", false).code(),
            StatusCode::kAlreadyExists);
  EXPECT_EQ(folder_.Get("old"), "old");
  EXPECT_EQ(folder_.Get("new"), "new");
  EXPECT_TRUE(env_.Rename(folder_ / "new", folder_ / "old", true).ok());
  EXPECT_EQ(folder_.Get("old"), "new");
  EXPECT_TRUE(env_.Rename(folder_ / "old", folder_ / "other", false).ok());
  EXPECT_THAT(folder_.Names(), UnorderedElementsAre("other"));
}

TEST_F(EnvTest, RemovingWhatIsNotThereIsFine) {
  folder_.Put("f", "");
  EXPECT_TRUE(env_.Remove(folder_ / "f").ok());
  EXPECT_TRUE(env_.Remove(folder_ / "f").ok());
  EXPECT_FALSE(env_.Remove(folder_.path()).ok());
}

TEST_F(EnvTest, FreeBytesOfAFolder) {
  EXPECT_GT(*env_.FreeBytes(folder_.path()), 0);
  EXPECT_EQ(env_.FreeBytes(folder_ / "missing").error().code(), StatusCode::kNotFound);
}

TEST_F(EnvTest, ListsAFolder) {
  folder_.Put("a", "");
  folder_.Put("b", "");
  EXPECT_THAT(*env_.ListFolder(folder_.path()), UnorderedElementsAre(folder_ / "a", folder_ / "b"));
  EXPECT_EQ(env_.ListFolder(folder_ / "missing").error().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace recover

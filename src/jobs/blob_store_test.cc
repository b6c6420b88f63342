#include "jobs/blob_store.h"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failing_env.h"
#include "base/ids.h"
#include "base/test_folder.h"

namespace recover {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Op = FailingEnv::Op;

class BlobStoreTest : public ::testing::Test {
 protected:
  BlobStoreTest() {
    auto store = BlobStore::Open(env_, folder_ / "blobs");
    EXPECT_TRUE(store) << store.error().message();
    store_ = *std::move(store);
  }
  std::vector<std::string> Ids() {
    auto ids = store_->List();
    EXPECT_TRUE(ids) << ids.error().message();
    return *ids;
  }
  /// All files below the root, temporaries too.
  int CountFiles() {
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      files += entry.is_regular_file() ? 1 : 0;
    }
    return files;
  }

  TestFolder folder_;
  FailingEnv env_;
  std::unique_ptr<BlobStore> store_;
};

TEST_F(BlobStoreTest, ABlobIsThereWholeOnceCommitted) {
  auto writer = store_->Begin();
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->Write("one ").ok());
  ASSERT_TRUE(writer->Write("two").ok());
  EXPECT_EQ(writer->bytes(), 7);
  EXPECT_TRUE(IsUuid(writer->id()));
  EXPECT_THAT(Ids(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(store_->PathOf(writer->id())));
  ASSERT_TRUE(writer->Commit().ok());
  EXPECT_THAT(Ids(), ElementsAre(writer->id()));
  const auto bytes = Env::Real().ReadFile(store_->PathOf(writer->id()), 100);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, "one two");
}

TEST_F(BlobStoreTest, ADroppedWriterLeavesNothing) {
  {
    auto writer = store_->Begin();
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->Write("half").ok());
    EXPECT_EQ(CountFiles(), 1);
  }
  EXPECT_EQ(CountFiles(), 0);
}

TEST_F(BlobStoreTest, AFailureAtAnyStepLeavesNothingAndKeepsItsCode) {
  for (const Op op : {Op::kWrite, Op::kSync, Op::kRename}) {
    env_.Fail(op, ENOSPC);
    auto writer = store_->Begin();
    ASSERT_TRUE(writer);
    Status status = writer->Write("bytes");
    if (status.ok()) {
      status = writer->Commit();
    }
    EXPECT_EQ(status.code(), StatusCode::kOutOfSpace);
    writer = Status(StatusCode::kInternal, "dropped");
    EXPECT_EQ(CountFiles(), 0);
  }
  env_.Fail(Op::kCreate, ENOSPC);
  EXPECT_EQ(store_->Begin().error().code(), StatusCode::kOutOfSpace);
}

TEST_F(BlobStoreTest, ANewShelfIsOnTheDiskBeforeItsFirstBlob) {
  int made = 0;
  for (int i = 0; i < 20; ++i) {
    const int synced = env_.calls(Op::kSyncFolder);
    const auto before = std::distance(std::filesystem::directory_iterator(store_->root()), {});
    ASSERT_TRUE(store_->Begin());
    const auto after = std::distance(std::filesystem::directory_iterator(store_->root()), {});
    EXPECT_EQ(env_.calls(Op::kSyncFolder) - synced, after - before);
    made += static_cast<int>(after - before);
  }
  EXPECT_GT(made, 0);
}

TEST_F(BlobStoreTest, OpeningSweepsTheTemporariesOfTheDead) {
  auto alive = store_->Begin();
  ASSERT_TRUE(alive);
  const auto dead = alive->temporary_path().parent_path() / ".recover-1-1-1.tmp";
  { const auto fd = Env::Real().CreateLocked(dead); }
  ASSERT_TRUE(std::filesystem::exists(dead));
  ASSERT_TRUE(BlobStore::Open(env_, folder_ / "blobs"));
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(alive->temporary_path()));
}

TEST_F(BlobStoreTest, RemovingIsDoneWhenItIsGoneAlready) {
  auto writer = store_->Begin();
  ASSERT_TRUE(writer && writer->Commit().ok());
  EXPECT_TRUE(store_->Remove(writer->id()).ok());
  EXPECT_TRUE(store_->Remove(writer->id()).ok());
  EXPECT_THAT(Ids(), IsEmpty());
  env_.Fail(Op::kRemove, EIO);
  EXPECT_EQ(store_->Remove(writer->id()).code(), StatusCode::kIoError);
}

TEST_F(BlobStoreTest, FilesThatAreNoBlobsAreNotListed) {
  std::filesystem::create_directories(folder_ / "blobs/ab");
  folder_.Put("blobs/ab/README", "a person's");
  folder_.Put("blobs/README", "a person's");
  EXPECT_THAT(Ids(), IsEmpty());
  env_.Fail(Op::kList, EACCES);
  EXPECT_EQ(store_->List().error().code(), StatusCode::kPermissionDenied);
}

TEST_F(BlobStoreTest, TheLetterCaseOfAnIdDoesNotMatter) {
  EXPECT_EQ(store_->PathOf("ABCDEF00-0000-4000-8000-000000000000"),
            store_->PathOf("abcdef00-0000-4000-8000-000000000000"));
}

TEST_F(BlobStoreTest, FreeSpaceIsThatOfTheDisk) {
  const auto free_bytes = store_->FreeBytes();
  ASSERT_TRUE(free_bytes);
  EXPECT_GT(*free_bytes, 0);
  env_.Fail(Op::kFreeBytes, EIO);
  EXPECT_FALSE(store_->FreeBytes());
}

TEST(BlobStoreDeathTest, APathOutOfTheFolderIsACallersMistake) {
  const TestFolder folder;
  const auto store = BlobStore::Open(Env::Real(), folder / "blobs");
  ASSERT_TRUE(store);
  EXPECT_DEATH(static_cast<void>((*store)->PathOf("../../etc/passwd")), "check failed");
}

}  // namespace
}  // namespace recover

#include "pipeline/journal.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

namespace recover {
namespace {

namespace fs = std::filesystem;

class JournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "journal-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
};

FinishedRecord Record(int64_t bytes) {
  return {.settings_sha256 = "s", .input = {1, 2}, .input_sha256 = "i", .output = {bytes, 4}};
}

TEST_F(JournalTest, WhatIsAppendedIsFoundAgainByThatFolderAlone) {
  Journal journal = Journal::Open(folder_ / "state", folder_ / "a");
  EXPECT_EQ(journal.Find("x.jpg"), nullptr);
  ASSERT_TRUE(journal.Append("x.jpg", Record(7)).ok());
  ASSERT_TRUE(journal.Append("x.jpg", Record(8)).ok());
  const Journal again = Journal::Open(folder_ / "state", folder_ / "a" / ".");
  ASSERT_NE(again.Find("x.jpg"), nullptr);
  EXPECT_EQ(again.Find("x.jpg")->output, (FileStamp{8, 4}));
  EXPECT_EQ(Journal::Open(folder_ / "state", folder_ / "b").Find("x.jpg"), nullptr);
}

TEST_F(JournalTest, ALineCutShortSpoilsNoOther) {
  Journal journal = Journal::Open(folder_, folder_);
  ASSERT_TRUE(journal.Append("x", Record(1)).ok());
  std::ofstream(journal.path(), std::ios::app) << "{\"output_hex\":\"78\",\"setti";
  ASSERT_TRUE(journal.Append("y", Record(2)).ok());
  const Journal again = Journal::Open(folder_, folder_);
  ASSERT_NE(again.Find("x"), nullptr);
  EXPECT_EQ(again.Find("x")->output.bytes, 1);
  ASSERT_NE(again.Find("y"), nullptr);
}

TEST_F(JournalTest, NamesMayHoldAnyBytes) {
  const std::string name = "\xff\xfe\n\"x";
  Journal journal = Journal::Open(folder_, folder_);
  ASSERT_TRUE(journal.Append(name, Record(3)).ok());
  EXPECT_NE(Journal::Open(folder_, folder_).Find(name), nullptr);
  EXPECT_EQ(Journal::Open(folder_, folder_).Find("\xff\xfd\n\"x"), nullptr);
}

TEST_F(JournalTest, AFolderThatCannotBeWrittenIsAnError) {
  std::ofstream(folder_ / "file") << "x";
  Journal journal = Journal::Open(folder_ / "file", folder_);
  EXPECT_FALSE(journal.Append("x", Record(1)).ok());
}

TEST_F(JournalTest, StampsSeeAChange) {
  std::ofstream(folder_ / "f") << "abc";
  const auto before = StampOf(folder_ / "f");
  ASSERT_TRUE(before);
  EXPECT_EQ(before->bytes, 3);
  fs::rename(folder_ / "f", folder_ / "g");
  EXPECT_EQ(*StampOf(folder_ / "g"), *before);
  EXPECT_EQ(StampOf(folder_ / "f").error().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace recover

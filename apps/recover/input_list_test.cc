#include "input_list.h"

#include <stdlib.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace recover::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class InputListTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "inputs-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Touch(const std::string& name) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "x";
  }

  std::vector<std::string> Names(const std::vector<std::string>& words, bool recursive = false,
                                 const std::string& skip = "") {
    std::vector<std::string> paths;
    for (const std::string& word : words) paths.push_back((folder_ / word).string());
    last_ = ExpandInputs(paths, recursive, skip.empty() ? fs::path() : folder_ / skip);
    std::vector<std::string> names;
    for (const InputItem& item : last_.items) {
      names.push_back(fs::relative(item.path, folder_).string());
    }
    return names;
  }

  fs::path folder_;
  InputList last_;
};

TEST_F(InputListTest, AFolderGivesItsPicturesInOrder) {
  for (const char* name : {"b.JPG", "a.png", "notes.txt", ".hidden.jpg", "sub/c.jpg", "raw.nef"}) {
    Touch(name);
  }
  EXPECT_THAT(Names({"."}), ElementsAre("a.png", "b.JPG"));
  EXPECT_THAT(Names({"."}, true), ElementsAre("a.png", "b.JPG", "sub/c.jpg"));
  EXPECT_EQ(last_.items[2].tree, "sub");
  EXPECT_TRUE(last_.items[0].tree.empty());
}

TEST_F(InputListTest, TheOutputFolderIsNotAnInput) {
  Touch("a.jpg");
  Touch("out/a-recovered.jpg");
  Touch("out/other.jpg");
  EXPECT_THAT(Names({"."}, true, "out"), ElementsAre("a.jpg"));
}

TEST_F(InputListTest, EarlierOutputsArePassedOverBesideTheirInput) {
  Touch("a.heic");
  Touch("a-recovered.jpg");
  Touch("b-recovered.jpg");  // Its input is not here: a picture like any other.
  EXPECT_THAT(Names({"."}), ElementsAre("a.heic", "b-recovered.jpg"));
  EXPECT_THAT(Names({"a.heic", "a-recovered.jpg"}), ElementsAre("a.heic"));
  EXPECT_THAT(Names({"a-recovered.jpg"}), ElementsAre("a-recovered.jpg"));
}

TEST_F(InputListTest, GlobsAreTakenWhereTheShellLeftThem) {
  Touch("x1.jpg");
  Touch("x2.jpg");
  Touch("[3].jpg");
  EXPECT_THAT(Names({"x?.jpg"}), ElementsAre("x1.jpg", "x2.jpg"));
  EXPECT_THAT(Names({"[3].jpg"}), ElementsAre("[3].jpg"));
  EXPECT_THAT(Names({"y*.jpg"}), IsEmpty());
  ASSERT_EQ(last_.failures.size(), 1U);
  EXPECT_EQ(last_.failures[0].status.code(), StatusCode::kNotFound);
}

TEST_F(InputListTest, ThePathThatComesTwiceIsTakenOnce) {
  Touch("a.jpg");
  fs::create_symlink(folder_ / "a.jpg", folder_ / "link.jpg");
  EXPECT_THAT(Names({"a.jpg", "./a.jpg", ".", "link.jpg"}), ElementsAre("a.jpg"));
  EXPECT_THAT(last_.failures, IsEmpty());
}

TEST_F(InputListTest, WhatIsNotThereIsAFailureAndTheRestGoesOn) {
  Touch("a.jpg");
  fs::create_directories(folder_ / "empty");
  EXPECT_THAT(Names({"nothing.jpg", "a.jpg", "empty"}), ElementsAre("a.jpg"));
  EXPECT_EQ(last_.failures.size(), 2U);
}

TEST_F(InputListTest, AFolderOfFoldersPointsToRecursive) {
  Touch("f/sub/a.jpg");
  Names({"f"});
  ASSERT_EQ(last_.failures.size(), 1U);
  EXPECT_NE(last_.failures[0].status.message().find("--recursive"), std::string::npos);
}

TEST_F(InputListTest, ACircleOfLinksEnds) {
  Touch("f/a.jpg");
  fs::create_directory_symlink(folder_ / "f", folder_ / "f" / "again");
  EXPECT_THAT(Names({"f"}, true), ElementsAre("f/a.jpg"));
}

}  // namespace
}  // namespace recover::cli

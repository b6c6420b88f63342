#include "data_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/test_folder.h"

namespace recover::cli {
namespace {

using ::testing::HasSubstr;

OptionValues With(const std::string& folder) {
  OptionInputs inputs;
  if (!folder.empty()) inputs.flags["data"] = folder;
  return ResolveOptions("serve", inputs).value();
}

TEST(DataFolder, TheFlagBeatsXdgBeatsHome) {
  const TestFolder home;
  setenv("HOME", home.path().c_str(), 1);
  unsetenv("XDG_DATA_HOME");
  EXPECT_EQ(DataFolderOf(With("")).value(), home.path() / ".local/share/recover/server");
  setenv("XDG_DATA_HOME", "/xdg", 1);
  EXPECT_EQ(DataFolderOf(With("")).value(), "/xdg/recover/server");
  EXPECT_EQ(DataFolderOf(With("/srv/x/")).value(), "/srv/x");
  EXPECT_TRUE(DataFolderOf(With("relative")).value().is_absolute());
  unsetenv("XDG_DATA_HOME");
  unsetenv("HOME");
  EXPECT_THAT(DataFolderOf(With("")).error().message(), HasSubstr("--data"));
}

TEST(DataFolder, IsMadeForThisUserAlone) {
  const TestFolder root;
  const auto folder = root / "a/b/server";
  ASSERT_TRUE(MakeDataFolder(folder).ok());
  struct stat found {};
  ASSERT_EQ(stat(folder.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
  EXPECT_TRUE(MakeDataFolder(folder).ok()) << "one that is there is fine";
}

TEST(DataFolder, WhatStandsInTheWayIsNamed) {
  const TestFolder root;
  root.Put("file", "x");
  EXPECT_THAT(MakeDataFolder(root / "file").message(), HasSubstr("file is no folder"));
  EXPECT_THAT(MakeDataFolder(root / "file/server").message(), HasSubstr("cannot be made"));
}

TEST(DataFolder, HasOneServerAtATime) {
  const TestFolder root;
  {
    const auto first = LockDataFolder(root.path());
    ASSERT_TRUE(first);
    const auto second = LockDataFolder(root.path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), StatusCode::kConflict);
    EXPECT_THAT(second.error().message(), HasSubstr(root.path().string()));
    EXPECT_THAT(second.error().message(), HasSubstr("process " + std::to_string(getpid())));
  }
  EXPECT_TRUE(LockDataFolder(root.path())) << "given back with the first";
}

}  // namespace
}  // namespace recover::cli

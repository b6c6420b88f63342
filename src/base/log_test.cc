#include "base/log.h"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace recover {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;

class LogTest : public testing::Test {
 protected:
  LogTest() {
    SetLogSink([this](std::string_view line) { lines_.emplace_back(line); });
  }
  ~LogTest() override {
    SetLogLevel(LogLevel::kOff);
    SetLogSink({});
  }
  std::vector<std::string> lines_;
};

TEST_F(LogTest, SilentUntilALevelIsSet) {
  Log(LogLevel::kError, "lost");
  EXPECT_TRUE(lines_.empty());
}

TEST_F(LogTest, OneLineHasLevelTimeAndFields) {
  SetLogLevel(LogLevel::kInfo);
  Log(LogLevel::kInfo, "opened",
      {{"file", "a b.jpg"}, {"width", 640}, {"ratio", 0.5}, {"tiled", true}});
  EXPECT_THAT(lines_, ElementsAre(MatchesRegex(
                          "info [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z "
                          "msg=opened file=\"a b.jpg\" width=640 ratio=0.5 tiled=true")));
}

TEST_F(LogTest, LowerLevelsAreDropped) {
  SetLogLevel(LogLevel::kWarning);
  Log(LogLevel::kDebug, "a");
  Log(LogLevel::kInfo, "b");
  Log(LogLevel::kWarning, "c");
  Log(LogLevel::kError, "d");
  Log(LogLevel::kOff, "e");
  EXPECT_THAT(lines_,
              ElementsAre(MatchesRegex("warning .* msg=c"), MatchesRegex("error .* msg=d")));
}

TEST_F(LogTest, ValuesCannotBreakTheLineOrForgeFields) {
  SetLogLevel(LogLevel::kInfo);
  Log(LogLevel::kInfo, "x", {{"file", "a\nerror 2020 msg=\"forged\"\x1b[31m"}, {"empty", ""}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0].find('\n'), std::string::npos);
  EXPECT_EQ(lines_[0].find('\x1b'), std::string::npos);
  EXPECT_THAT(lines_[0],
              testing::EndsWith(R"(file="a\nerror 2020 msg=\"forged\"\x1b[31m" empty="")"));
}

TEST_F(LogTest, TextWithBracesIsNoFormatString) {
  SetLogLevel(LogLevel::kInfo);
  Log(LogLevel::kInfo, "{} {0} %s", {{"glob", "{a,b}.jpg"}});
  EXPECT_THAT(lines_[0], testing::EndsWith("msg=\"{} {0} %s\" glob={a,b}.jpg"));
}

TEST_F(LogTest, LinesOfSeveralThreadsStayWhole) {
  SetLogLevel(LogLevel::kInfo);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 100; ++i) {
          Log(LogLevel::kInfo, "tick", {{"i", i}});
        }
      });
    }
  }
  EXPECT_EQ(lines_.size(), 400U);
  EXPECT_THAT(lines_, testing::Each(MatchesRegex("info .*Z msg=tick i=[0-9]+")));
}

}  // namespace
}  // namespace recover

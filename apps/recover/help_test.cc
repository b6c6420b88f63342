#include "help.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exit_codes.h"

namespace recover::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Help, EachTextNamesEachOptionWithItsRange) {
  std::string roff;
  for (const char c : ManPage()) {
    if (c != '\\') roff += c;
  }
  for (const OptionSpec& option : OptionTable()) {
    const std::string flag = "--" + std::string(option.name);
    EXPECT_THAT(FullHelp(), HasSubstr(flag));
    EXPECT_THAT(roff, HasSubstr(flag));
    EXPECT_THAT(MarkdownReference(), HasSubstr(flag));
    EXPECT_THAT(BashCompletion(), HasSubstr(flag));
    if (option.is_lasting) {
      EXPECT_THAT(roff, HasSubstr(EnvironmentName(option)));
      EXPECT_THAT(FullHelp(), HasSubstr(EnvironmentName(option)));
    }
    if (!AllowedText(option).empty()) {
      EXPECT_THAT(roff, HasSubstr(AllowedText(option)));
    }
  }
}

TEST(Help, TheShortOneFitsAScreen) {
  const std::string text = ShortHelp();
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 40);
  EXPECT_THAT(text, HasSubstr("--help-all"));
  EXPECT_THAT(text, Not(HasSubstr("--max-output-pixels")));
}

TEST(Help, NoLineIsWiderThanTheTerminalOfOldTimesAndSome) {
  for (const std::string& text : {ShortHelp(), FullHelp()}) {
    size_t begin = 0;
    while (begin < text.size()) {
      const size_t end = text.find('\n', begin);
      EXPECT_LE(end - begin, 96U) << text.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST(ExitCodes, EachIsListedOnceAndDocumented) {
  std::set<int> codes;
  for (const ExitCodeRow& row : ExitCodes()) {
    EXPECT_TRUE(codes.insert(row.code).second) << row.code;
    EXPECT_THAT(FullHelp(), HasSubstr("\n  " + std::to_string(row.code) + " "));
  }
  // Only the HTTP API has these: no command can end with them.
  const std::set<StatusCode> of_requests = {StatusCode::kUnauthenticated, StatusCode::kNoCredits,
                                            StatusCode::kGone, StatusCode::kBusy};
  for (int i = 0; i <= static_cast<int>(StatusCode::kInternal); ++i) {
    const auto code = static_cast<StatusCode>(i);
    EXPECT_EQ(codes.count(ExitCodeOf(code)), of_requests.count(code) == 0 ? 1U : 0U) << i;
  }
}

TEST(ExitCodes, ABatchHasItsFailuresCodeOrTheMixedOne) {
  EXPECT_EQ(ExitCodeOfFailures({}), 0);
  EXPECT_EQ(ExitCodeOfFailures({StatusCode::kCorruptInput, StatusCode::kCorruptInput}),
            ExitCodeOf(StatusCode::kCorruptInput));
  EXPECT_EQ(ExitCodeOfFailures({StatusCode::kCorruptInput, StatusCode::kNotFound}),
            kExitMixedFailures);
  EXPECT_EQ(ExitCodeOfFailures({StatusCode::kNotFound, StatusCode::kCancelled}), 130);
}

}  // namespace
}  // namespace recover::cli

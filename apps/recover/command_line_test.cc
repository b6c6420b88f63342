#include "command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace recover::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CommandLine Parse(const std::vector<std::string>& arguments) {
  auto line = ParseCommandLine(arguments);
  EXPECT_TRUE(line) << line.error().message();
  return *std::move(line);
}

TEST(ParseCommandLine, FlagsAndWordsMayBeMixed) {
  const CommandLine line =
      Parse({"enhance", "a.jpg", "-s4", "--width=800", "-rv", "b.jpg", "-o", "out/", "-"});
  EXPECT_EQ(line.command, "enhance");
  EXPECT_THAT(line.words, ElementsAre("a.jpg", "b.jpg", "-"));
  EXPECT_EQ(line.options.flags.at("scale"), "4");
  EXPECT_EQ(line.options.flags.at("width"), "800");
  EXPECT_EQ(line.options.flags.at("output"), "out/");
  EXPECT_EQ(line.options.flags.at("recursive"), "true");
  EXPECT_EQ(line.options.flags.at("verbose"), "true");
  EXPECT_EQ(line.options.flags.count("quiet"), 0U);
}

TEST(ParseCommandLine, TheLastOfARepeatedFlagWins) {
  EXPECT_EQ(Parse({"enhance", "-c", "2", "-c", "7", "a"}).options.flags.at("creativity"), "7");
}

TEST(ParseCommandLine, ASwitchCanBeTakenBack) {
  EXPECT_EQ(Parse({"enhance", "--overwrite=false", "a"}).options.flags.at("overwrite"), "false");
}

TEST(ParseCommandLine, AfterTwoDashesAllAreWords) {
  EXPECT_THAT(Parse({"enhance", "--", "--scale.jpg"}).words, ElementsAre("--scale.jpg"));
}

TEST(ParseCommandLine, WishesForHelp) {
  EXPECT_EQ(Parse({"--help"}).wish, CommandLine::Wish::kShortHelp);
  EXPECT_EQ(Parse({"--help-all"}).wish, CommandLine::Wish::kFullHelp);
  EXPECT_EQ(Parse({"--version"}).wish, CommandLine::Wish::kVersion);
  EXPECT_EQ(Parse({"enhance", "-h"}).wish, CommandLine::Wish::kCommandHelp);
  EXPECT_EQ(Parse({"models", "--help-all"}).wish, CommandLine::Wish::kFullHelp);
}

TEST(ParseCommandLine, WhatIsWrongIsNamed) {
  const auto message = [](const std::vector<std::string>& arguments) {
    return ParseCommandLine(arguments).error().message();
  };
  EXPECT_THAT(message({"enhance", "--colour", "a"}), HasSubstr("--colour"));
  EXPECT_THAT(message({"enhance", "a", "--width"}), HasSubstr("--width"));
  EXPECT_THAT(message({"improve", "a"}), HasSubstr("\"improve\" is no command"));
  EXPECT_THAT(message({"/"}), HasSubstr("recover enhance /"));
  EXPECT_THAT(message({"-x"}), HasSubstr("--help"));
}

}  // namespace
}  // namespace recover::cli

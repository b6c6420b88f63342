#include "base/option_table.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace recover {
namespace {

using ::testing::HasSubstr;

OptionInputs Flags(std::map<std::string, std::string> flags) {
  OptionInputs inputs;
  inputs.flags = std::move(flags);
  return inputs;
}

TEST(OptionTable, NamesAndLettersAreUnique) {
  std::set<std::string_view> names;
  std::set<char> letters;
  for (const OptionSpec& option : OptionTable()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    if (option.letter != 0) {
      EXPECT_TRUE(letters.insert(option.letter).second) << option.letter;
    }
  }
}

TEST(OptionTable, EachRowIsWhole) {
  std::set<std::string_view> commands;
  for (const CommandSpec& command : CommandTable()) {
    commands.insert(command.name);
  }
  for (const OptionSpec& option : OptionTable()) {
    EXPECT_FALSE(option.help.empty()) << option.name;
    EXPECT_NE(option.help.back(), '.') << option.name;
    EXPECT_EQ(option.value_name.empty(), option.kind == OptionKind::kSwitch) << option.name;
    EXPECT_EQ(option.choices.empty(), option.kind != OptionKind::kChoice) << option.name;
    EXPECT_EQ(option.low_end.empty(), option.high_end.empty()) << option.name;
    bool known = false;
    for (const std::string_view command : commands) {
      for (const OptionSpec* taken : OptionsOf(command)) {
        known = known || taken == &option;
      }
    }
    EXPECT_TRUE(known) << option.name << " belongs to no command";
  }
}

TEST(OptionTable, EachDefaultIsAnAllowedValue) {
  for (const OptionSpec& option : OptionTable()) {
    if (!option.default_value.empty()) {
      EXPECT_TRUE(ParseOptionValue(option, option.default_value, "default")) << option.name;
    }
  }
}

TEST(OptionTable, BothEndsOfEachRangeAreAllowedAndBeyondIsNot) {
  for (const OptionSpec& option : OptionTable()) {
    if (option.kind != OptionKind::kInteger && option.kind != OptionKind::kNumber) continue;
    const std::string low = std::to_string(static_cast<int64_t>(option.min) - 1);
    const std::string high = option.max_text.empty()
                                 ? std::to_string(static_cast<int64_t>(option.max) + 1)
                                 : std::string(option.max_text) + "0";
    EXPECT_FALSE(ParseOptionValue(option, low, "x")) << option.name << " " << low;
    EXPECT_FALSE(ParseOptionValue(option, high, "x")) << option.name << " " << high;
    if (option.kind == OptionKind::kInteger) {
      const std::string top = option.max_text.empty()
                                  ? std::to_string(static_cast<int64_t>(option.max))
                                  : std::string(option.max_text);
      EXPECT_TRUE(ParseOptionValue(option, top, "x")) << option.name << " " << top;
    }
  }
}

TEST(OptionTable, EnvironmentNamesAreUpperCaseWithUnderscores) {
  EXPECT_EQ(EnvironmentName(*FindOption("crop-to-fill")), "RECOVER_CROP_TO_FILL");
}

TEST(ResolveOptions, FlagBeatsEnvironmentBeatsConfigBeatsDefault) {
  OptionInputs inputs;
  const auto creativity = [&inputs] {
    const auto values = ResolveOptions("enhance", inputs);
    return std::pair(values->Integer("creativity").value(), values->SourceOf("creativity"));
  };
  EXPECT_EQ(creativity(), std::pair(int64_t{3}, OptionSource::kDefault));
  inputs.config["creativity"] = "4";
  EXPECT_EQ(creativity(), std::pair(int64_t{4}, OptionSource::kConfig));
  inputs.environment = [](const std::string& name) {
    return name == "RECOVER_CREATIVITY" ? std::optional<std::string>("5") : std::nullopt;
  };
  EXPECT_EQ(creativity(), std::pair(int64_t{5}, OptionSource::kEnvironment));
  inputs.flags["creativity"] = "6";
  EXPECT_EQ(creativity(), std::pair(int64_t{6}, OptionSource::kFlag));
}

TEST(ResolveOptions, WhatBelongsToOneCallIsNotReadFromTheEnvironment) {
  OptionInputs inputs;
  inputs.environment = [](const std::string&) { return std::optional<std::string>("7"); };
  inputs.flags = {{"format", "png"},      {"quality", "9"},  {"profile", "srgb"},
                  {"strip", "on"},        {"device", "cpu"}, {"memory", "1G"},
                  {"overwrite", "on"},    {"quiet", "on"},   {"recursive", "on"},
                  {"crop-to-fill", "on"}, {"verbose", "on"}, {"tone", "keep"}};
  const auto values = ResolveOptions("enhance", inputs);
  ASSERT_TRUE(values) << values.error().message();
  EXPECT_FALSE(values->Has("width"));
  EXPECT_FALSE(values->Has("seed"));
  EXPECT_EQ(values->Integer("threads"), 7);
}

TEST(ResolveOptions, AnErrorNamesOptionValueAndRange) {
  const auto flag = ResolveOptions("enhance", Flags({{"creativity", "12"}}));
  ASSERT_FALSE(flag);
  EXPECT_EQ(flag.error().message(),
            "--creativity 12: --creativity must be a whole number from "
            "1 (faithful) to 9 (inventive).");
  OptionInputs inputs;
  inputs.config = {{"device", "tpu"}};
  inputs.config_path = "/etc/x";
  EXPECT_EQ(ResolveOptions("enhance", inputs).error().message(),
            "device = tpu in /etc/x: --device must be one of auto, cpu or gpu.");
}

TEST(ParseOptionValue, RefusesWhatIsNotWhollyANumber) {
  for (const char* text : {"", " ", "3.5", "3x", "0x3", "--3", "3 4", "three"}) {
    EXPECT_FALSE(ParseOptionValue(*FindOption("creativity"), text, "x")) << text;
  }
  for (const char* text : {"nan", "inf", "2x", "", "1,5"}) {
    EXPECT_FALSE(ParseOptionValue(*FindOption("scale"), text, "x")) << text;
  }
}

TEST(ParseOptionValue, TheLargestSeedIsExact) {
  const auto seed = ParseOptionValue(*FindOption("seed"), "9223372036854775807", "x");
  ASSERT_TRUE(seed);
  EXPECT_EQ(std::get<int64_t>(*seed), INT64_MAX);
  EXPECT_FALSE(ParseOptionValue(*FindOption("seed"), "9223372036854775808", "x"));
}

TEST(ParseMagnitude, ReadsUnits) {
  EXPECT_EQ(ParseMagnitude("512M", 1024), 512LL << 20);
  EXPECT_EQ(ParseMagnitude("1.5 GiB", 1024), 3LL << 29);
  EXPECT_EQ(ParseMagnitude("2gb", 1024), 2LL << 30);
  EXPECT_EQ(ParseMagnitude("24MP", 1000), 24000000);
  EXPECT_EQ(ParseMagnitude("300000", 1000), 300000);
  for (const char* text : {"", "M", "1Q", "1KM", "-1", "1e30T", "9999999T", "1 2"}) {
    EXPECT_FALSE(ParseMagnitude(text, 1024)) << text;
  }
}

TEST(ParseConfig, ReadsLinesAndComments) {
  const auto config = ParseConfig("# mine\ncreativity = 5 # more\r\n\n device=cpu", "f");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_THAT(*config, ::testing::ElementsAre(::testing::Pair("creativity", "5"),
                                              ::testing::Pair("device", "cpu")));
}

TEST(ParseConfig, AnErrorNamesFileAndLine) {
  for (const char* text : {"\nnonsense", "\nfoo = 1", "\ndry-run = true"}) {
    const auto config = ParseConfig(text, "conf");
    ASSERT_FALSE(config) << text;
    EXPECT_THAT(config.error().message(), HasSubstr("conf, line 2: "));
  }
  EXPECT_THAT(ParseConfig("device=cpu\ndevice=gpu", "conf").error().message(),
              HasSubstr("set twice"));
}

}  // namespace
}  // namespace recover

#include "jobs/chosen_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace recover {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Json Told(const RequestSettings& settings, const ChosenSettings& chosen) {
  return *ParseJson(OptionsJson(settings, chosen), "options_json");
}

TEST(ChosenSettings, WhatIsGivenStandsAndTheRestIsTheModels) {
  RequestSettings settings;
  EXPECT_EQ(ChooseSettings(settings).creativity, 3);
  settings.model = "Natural Enhance";
  EXPECT_EQ(ChooseSettings(settings).creativity, 1);
  settings.creativity = 8;
  settings.seed = 0;
  EXPECT_EQ(ChooseSettings(settings).creativity, 8);
  EXPECT_EQ(ChooseSettings(settings).seed, 0);
}

TEST(ChosenSettings, APromptCountsUnlessTheAutomaticOneIsAskedFor) {
  RequestSettings settings;
  settings.prompt = "a red boat";
  EXPECT_EQ(ChooseSettings(settings).prompt, "a red boat");
  settings.autoprompt = true;
  EXPECT_EQ(ChooseSettings(settings).prompt, "");
}

TEST(OptionsJson, TellsWhatWasChosenAndNothingThatNobodyChose) {
  const RequestSettings settings;
  const Json told = Told(settings, ChooseSettings(settings));
  EXPECT_EQ(told["creativity"], 3);
  EXPECT_EQ(told["detail"], false);
  EXPECT_EQ(told["enhancement_strength"], 5.0);
  EXPECT_EQ(told["prompt"], "");
  for (const char* name : {"seed", "texture", "sharpen", "denoise", "detail_strength", "faces"}) {
    EXPECT_FALSE(told.contains(name)) << name;
  }
  EXPECT_THAT(told["chosen"].get<std::vector<std::string>>(),
              ElementsAre("autoprompt", "creativity"));
  EXPECT_THAT(told["without_effect"], IsEmpty());
}

TEST(OptionsJson, NamesEachGivenSettingThatDoesNothingYet) {
  RequestSettings settings;
  settings.creativity = 2;
  settings.seed = 7;
  settings.texture = 4;
  settings.sharpen = 0.5;
  settings.denoise = 0;
  settings.detail = true;
  settings.detail_strength = 10;
  settings.enhancement_strength = 0;
  settings.face_enhancement = true;
  settings.face_enhancement_strength = 1;
  settings.face_enhancement_creativity = 0;
  settings.subject_detection = Subject::kForeground;
  settings.prompt = "\xC3\xA9t\xC3\xA9";
  ChosenSettings chosen = ChooseSettings(settings);
  EXPECT_THAT(
      SettingsWithoutEffect(settings, chosen),
      ElementsAre("denoise", "detail", "detail_strength", "enhancement_strength",
                  "face_enhancement", "face_enhancement_creativity", "face_enhancement_strength",
                  "prompt", "sharpen", "subject_detection", "texture"));
  const Json told = Told(settings, chosen);
  EXPECT_EQ(told["texture"], 4);
  EXPECT_EQ(told["denoise"], 0.0);
  EXPECT_EQ(told["seed"], 7);
  EXPECT_EQ(told["prompt"], "\xC3\xA9t\xC3\xA9");
  EXPECT_THAT(told["chosen"].get<std::vector<std::string>>(), ElementsAre("autoprompt"));
}

TEST(OptionsJson, SaysWhenTheNetworkHasNoCreativity) {
  RequestSettings settings;
  settings.creativity = 2;
  settings.seed = 7;
  ChosenSettings chosen = ChooseSettings(settings);
  chosen.has_creativity = false;
  EXPECT_THAT(SettingsWithoutEffect(settings, chosen), ElementsAre("creativity", "seed"));
}

TEST(OptionsJson, ATextThatIsNotUtf8DoesNotBreakIt) {
  RequestSettings settings;
  settings.prompt = "\xFF";
  EXPECT_EQ(Told(settings, ChooseSettings(settings))["prompt"], "\xEF\xBF\xBD");
}

}  // namespace
}  // namespace recover

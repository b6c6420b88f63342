#include "jobs/request_settings.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/option_table.h"
#include "jobs/setting_table.h"

namespace recover {
namespace {

using testing::HasSubstr;

std::string Repeat(std::string_view text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) {
    repeated += text;
  }
  return repeated;
}

// The error of one field; empty when it is taken.
std::string ErrorOf(const std::string& name, const std::string& value) {
  const auto settings = ParseSettings({{name, value}});
  if (settings) {
    return {};
  }
  EXPECT_EQ(settings.error().code(), StatusCode::kInvalidArgument);
  return settings.error().message();
}

std::vector<const SettingSpec*> NumbersOfTheTable() {
  std::vector<const SettingSpec*> numbers;
  for (const SettingSpec& setting : SettingTable()) {
    if (setting.kind == SettingKind::kInteger || setting.kind == SettingKind::kDecimal) {
      numbers.push_back(&setting);
    }
  }
  return numbers;
}

std::string EndText(const SettingSpec& setting, double end) {
  return end == setting.max && !setting.max_text.empty()
             ? std::string(setting.max_text)
             : std::to_string(static_cast<int64_t>(end));
}

TEST(ParseSettings, NothingGivenGivesTheDefaultsOfTheApi) {
  const auto settings = ParseSettings({});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->model, "Recover 3");
  EXPECT_EQ(settings->output_format, FileFormat::kJpeg);
  EXPECT_FALSE(settings->output_width || settings->output_height);
  EXPECT_FALSE(settings->crop_to_fill);
  EXPECT_FALSE(settings->face_enhancement);
  EXPECT_EQ(settings->subject_detection, Subject::kAll);
  EXPECT_EQ(settings->prompt, "");
  EXPECT_FALSE(settings->autoprompt || settings->creativity || settings->texture);
  EXPECT_FALSE(settings->sharpen || settings->denoise || settings->seed);
  EXPECT_FALSE(settings->detail);
  EXPECT_EQ(settings->enhancement_strength, 5.0);
}

TEST(ParseSettings, DefaultsOfTheTableAreThoseOfTheSettings) {
  SettingFields defaults;
  for (const SettingSpec& setting : SettingTable()) {
    // creativity's default is the model's: nothing in the record.
    if (!setting.default_value.empty() && setting.name != "creativity") {
      defaults[std::string(setting.name)] = setting.default_value;
    }
  }
  const auto settings = ParseSettings(defaults);
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(*settings, RequestSettings());
  EXPECT_EQ(FindSetting("creativity")->default_value,
            std::to_string((*FindServedModel("Recover 3"))->default_creativity));
}

TEST(ParseSettings, BothEndsOfEveryRangeAreTaken) {
  for (const SettingSpec* setting : NumbersOfTheTable()) {
    const std::string name(setting->name);
    EXPECT_EQ(ErrorOf(name, EndText(*setting, setting->min)), "");
    // WebP is not asked for here: sides go to 32000.
    EXPECT_EQ(ErrorOf(name, EndText(*setting, setting->max)), "");
  }
}

TEST(ParseSettings, OneBeyondEitherEndIsRefusedNamingFieldAndRange) {
  for (const SettingSpec* setting : NumbersOfTheTable()) {
    const std::string name(setting->name);
    const std::string below = std::to_string(static_cast<int64_t>(setting->min) - 1);
    const std::string above = setting->max_text.empty()
                                  ? std::to_string(static_cast<int64_t>(setting->max) + 1)
                                  : "9223372036854775808";
    for (const std::string& value : {below, above}) {
      const std::string error = ErrorOf(name, value);
      EXPECT_THAT(error, HasSubstr(name)) << value;
      EXPECT_THAT(error, HasSubstr(EndText(*setting, setting->min) + " to " +
                                   EndText(*setting, setting->max)));
      EXPECT_THAT(error, HasSubstr(value));
    }
  }
}

TEST(ParseSettings, DecimalsJustBeyondTheEndsAreRefused) {
  EXPECT_NE(ErrorOf("sharpen", "1.0000001"), "");
  EXPECT_NE(ErrorOf("sharpen", "-0.0000001"), "");
  EXPECT_NE(ErrorOf("detail_strength", "10.01"), "");
  EXPECT_EQ(ErrorOf("sharpen", "0.9999999"), "");
  EXPECT_EQ(ErrorOf("sharpen", "-0"), "");
}

TEST(ParseSettings, TextsThatAreNoNumberAreRefused) {
  for (const SettingSpec* setting : NumbersOfTheTable()) {
    for (const char* value : {"", " 1", "1 ", "+1", "0x1", "nan", "NaN", "inf", "-inf", "1e400",
                              "one", "1,0", "1;", "99999999999999999999", "\xEF\xBC\x91", "1\n"}) {
      const std::string error = ErrorOf(std::string(setting->name), value);
      EXPECT_THAT(error, HasSubstr(std::string(setting->name) + " must be a ")) << value;
    }
    EXPECT_NE(ErrorOf(std::string(setting->name), std::string("1\0", 2)), "");
  }
}

TEST(ParseSettings, AWholeNumberWrittenWithAPointIsRefused) {
  EXPECT_THAT(ErrorOf("creativity", "3.5"),
              testing::AllOf(HasSubstr("creativity"), HasSubstr("1 to 9"), HasSubstr("3.5")));
  EXPECT_NE(ErrorOf("output_width", "800.0"), "");
  EXPECT_NE(ErrorOf("texture", "3e0"), "");
}

TEST(ParseSettings, BooleansAreTrueOrFalseInAnyCase) {
  for (const char* name : {"crop_to_fill", "face_enhancement", "autoprompt", "detail"}) {
    for (const char* value : {"true", "TRUE", "True", "false", "FALSE", "fAlse"}) {
      EXPECT_EQ(ErrorOf(name, value), "") << name << value;
    }
    for (const char* value : {"1", "0", "yes", "no", "", " true", "truee", "null"}) {
      EXPECT_THAT(ErrorOf(name, value), HasSubstr(std::string(name) + " must be true or false"));
    }
  }
  EXPECT_TRUE(ParseSettings({{"crop_to_fill", "TRUE"}})->crop_to_fill);
  EXPECT_EQ(ParseSettings({{"face_enhancement", "False"}})->face_enhancement, false);
}

TEST(ParseSettings, CamelCaseIsReadAndSnakeCaseWins) {
  for (const SettingSpec* setting : NumbersOfTheTable()) {
    EXPECT_NE(ErrorOf(CamelCaseName(setting->name), "-1"), "") << setting->name;
  }
  EXPECT_EQ(CamelCaseName("face_enhancement_strength"), "faceEnhancementStrength");
  EXPECT_EQ(ParseSettings({{"faceEnhancementStrength", "0.25"}})->face_enhancement_strength, 0.25);
  const auto both = ParseSettings({{"outputWidth", "100"}, {"output_width", "200"}});
  EXPECT_EQ(both->output_width, 200);
  // The loser is not even looked at.
  EXPECT_TRUE(ParseSettings({{"outputWidth", "junk"}, {"output_width", "200"}}));
}

TEST(ParseSettings, UnknownFieldsAreNeverAnError) {
  EXPECT_EQ(ErrorOf("no_such_field", "\xFF"), "");
  EXPECT_EQ(ErrorOf("", ""), "");
  EXPECT_EQ(ErrorOf("Creativity", "99"), "");
}

TEST(ParseSettings, PromptLengthCountsCodePoints) {
  EXPECT_EQ(ErrorOf("prompt", Repeat("a", 1024)), "");
  EXPECT_THAT(ErrorOf("prompt", Repeat("a", 1025)),
              HasSubstr("prompt must be UTF-8 text of at most 1024"));
  for (const char* letter : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    EXPECT_EQ(ErrorOf("prompt", Repeat(letter, 1024)), "");
    EXPECT_NE(ErrorOf("prompt", Repeat(letter, 1025)), "");
  }
}

TEST(ParseSettings, APromptMustBeUtf8) {
  for (const char* bytes : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82",
                            "a\x80", "\xF8\x88\x80\x80\x80", "\xE0\x80\xAF"}) {
    EXPECT_THAT(ErrorOf("prompt", bytes), HasSubstr("prompt must be UTF-8"));
  }
}

TEST(ParseSettings, APromptMeansNoAutopromptUnlessThatIsGiven) {
  EXPECT_EQ(ParseSettings({{"prompt", "a face"}})->autoprompt, false);
  EXPECT_FALSE(ParseSettings({{"prompt", ""}})->autoprompt);
  const auto overruled = ParseSettings({{"prompt", "a face"}, {"autoprompt", "true"}});
  EXPECT_EQ(overruled->prompt, "");
  EXPECT_EQ(overruled->autoprompt, true);
}

TEST(ParseSettings, DetailStrengthIsIgnoredWithoutDetail) {
  EXPECT_FALSE(ParseSettings({{"detail_strength", "3"}})->detail_strength);
  EXPECT_FALSE(ParseSettings({{"detail_strength", "3"}, {"detail", "false"}})->detail_strength);
  EXPECT_EQ(ParseSettings({{"detail_strength", "3"}, {"detail", "true"}})->detail_strength, 3.0);
  EXPECT_NE(ErrorOf("detail_strength", "11"), "");
}

TEST(ParseSettings, ModelsHaveTheirNamesAndOlderNames) {
  EXPECT_EQ(ParseSettings({{"model", "Natural Enhance"}})->model, "Natural Enhance");
  for (const char* name : {"Recover 3", "Recovery", "Recovery V2"}) {
    EXPECT_EQ(ParseSettings({{"model", name}})->model, "Recover 3");
  }
  for (const char* name : {"", "recover 3", "Recovery V3", "general-fast"}) {
    EXPECT_THAT(ErrorOf("model", name),
                testing::AllOf(HasSubstr("Recover 3"), HasSubstr("Natural Enhance")));
  }
}

TEST(ParseSettings, FormatsAndSubjectsAreReadInAnyCaseAndReportedOneWay) {
  EXPECT_EQ(FormatApiName(ParseSettings({{"output_format", "JPG"}})->output_format), "jpeg");
  EXPECT_EQ(FormatApiName(ParseSettings({{"output_format", "tif"}})->output_format), "tiff");
  EXPECT_EQ(FormatApiName(ParseSettings({{"output_format", "Png"}})->output_format), "png");
  for (const char* name : {"heic", ".jpg", "gif", "", "jfif"}) {
    EXPECT_THAT(ErrorOf("output_format", name), HasSubstr("output_format must be jpeg, jpg, png"));
  }
  EXPECT_EQ(SubjectName(ParseSettings({{"subject_detection", "FOREground"}})->subject_detection),
            "Foreground");
  EXPECT_THAT(ErrorOf("subjectDetection", "face"),
              HasSubstr("subject_detection must be all, foreground or background, not \"face\""));
}

TEST(ParseSettings, SidesBeyondTheFormatAreRefused) {
  const auto error_of = [](const char* format, const char* name, const char* side) {
    const auto settings = ParseSettings({{"output_format", format}, {name, side}});
    return settings ? std::string() : settings.error().message();
  };
  EXPECT_EQ(error_of("webp", "output_width", "16383"), "");
  EXPECT_THAT(error_of("webp", "output_width", "16384"),
              testing::AllOf(HasSubstr("output_width"), HasSubstr("16383")));
  EXPECT_THAT(error_of("webp", "output_height", "16384"), HasSubstr("output_height"));
  EXPECT_EQ(error_of("png", "output_height", "32000"), "");
}

TEST(ParseSettings, AnErrorStaysShortAndPrintable) {
  const std::string error = ErrorOf("creativity", Repeat("\x01\xFFxx", 10000));
  EXPECT_LT(error.size(), 200u);
  for (const char c : error) {
    EXPECT_TRUE(c >= ' ' && c <= '~');
  }
}

TEST(ParseInputSize, NeedsBothSidesInRange) {
  EXPECT_EQ(*ParseInputSize({{"input_width", "32000"}, {"inputHeight", "1"}}), (Size{32000, 1}));
  EXPECT_THAT(ParseInputSize({{"input_width", "1"}}).error().message(),
              HasSubstr("input_height is missing"));
  EXPECT_THAT(ParseInputSize({}).error().message(), HasSubstr("input_width is missing"));
  EXPECT_THAT(ParseInputSize({{"input_width", "0"}, {"input_height", "1"}}).error().message(),
              HasSubstr("input_width must be a whole number from 1 to 32000"));
}

TEST(SettingsJson, RoundTripKeepsEverySetting) {
  const auto all = ParseSettings({{"model", "Natural Enhance"},
                                  {"output_width", "123"},
                                  {"output_height", "456"},
                                  {"crop_to_fill", "true"},
                                  {"output_format", "tiff"},
                                  {"face_enhancement", "true"},
                                  {"face_enhancement_strength", "0.1"},
                                  {"face_enhancement_creativity", "1"},
                                  {"subject_detection", "background"},
                                  {"prompt", "caf\xC3\xA9 \"quoted\" \\ \n"},
                                  {"creativity", "9"},
                                  {"texture", "5"},
                                  {"sharpen", "0.333333333333333314829616256247"},
                                  {"denoise", "1e-7"},
                                  {"detail", "true"},
                                  {"detail_strength", "9.75"},
                                  {"enhancement_strength", "0"},
                                  {"seed", "9223372036854775807"}});
  ASSERT_TRUE(all) << all.error().message();
  for (const RequestSettings& settings : {*all, RequestSettings()}) {
    const auto text = DumpJson(SettingsToJson(settings));
    const auto json = ParseJson(text, "settings");
    ASSERT_TRUE(json);
    const auto read = SettingsFromJson(*json);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, settings) << text;
  }
}

TEST(SettingsJson, DamagedRecordsAreCorrupt) {
  for (const char* text :
       {"[]", "3", R"({"creativity":99})", R"({"model":"x"})", R"({"seed":1.5})"}) {
    const auto read = SettingsFromJson(*ParseJson(text, "settings"));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code(), StatusCode::kCorruptInput);
  }
}

TEST(SettingTable, SharesItsRangesWithTheCommandLine) {
  const std::pair<const char*, const char*> pairs[] = {{"output_width", "width"},
                                                       {"output_height", "height"},
                                                       {"creativity", "creativity"},
                                                       {"seed", "seed"}};
  for (const auto& [api, cli] : pairs) {
    const SettingSpec* setting = FindSetting(api);
    const OptionSpec* option = FindOption(cli);
    ASSERT_TRUE(setting && option) << api;
    EXPECT_EQ(setting->min, option->min) << api;
    EXPECT_EQ(setting->max, option->max) << api;
    EXPECT_EQ(setting->max_text, option->max_text) << api;
    EXPECT_EQ(setting->low_end, option->low_end) << api;
    EXPECT_EQ(setting->high_end, option->high_end) << api;
    EXPECT_EQ(setting->default_value, option->default_value) << api;
  }
  EXPECT_EQ(FindSetting("output_format")->choices, FindOption("format")->choices);
}

TEST(SettingTable, EveryRowIsFoundByItsNameAndExplained) {
  for (const SettingSpec& setting : SettingTable()) {
    EXPECT_EQ(FindSetting(setting.name), &setting);
    EXPECT_FALSE(setting.help.empty() || setting.help.ends_with('.')) << setting.name;
    EXPECT_FALSE(AllowedText(setting).empty());
  }
  EXPECT_EQ(FindSetting("webhook_url"), nullptr);
}

}  // namespace
}  // namespace recover

#include "jobs/setting_table.h"

#include <array>

namespace recover {
namespace {

using enum SettingKind;

// Ranges that the command line has too (sides, creativity, seed) are held equal to
// base/option_table.cc by a test.
constexpr SettingSpec kSettings[] = {
    {.name = "model",
     .kind = kChoice,
     .choices = "Recover 3|Natural Enhance",
     .default_value = "Recover 3",
     .help = "Model that restores the picture"},
    {.name = "output_width",
     .kind = kInteger,
     .min = 1,
     .max = 32000,
     .help = "Width of the output in pixels; the height follows unless given; neither given: the "
             "input's size"},
    {.name = "output_height",
     .kind = kInteger,
     .min = 1,
     .max = 32000,
     .help = "Height of the output in pixels; the width follows unless given; neither given: the "
             "input's size"},
    {.name = "crop_to_fill",
     .kind = kSwitch,
     .default_value = "false",
     .help = "With both sides given: cut the picture to fill the box, not add borders"},
    {.name = "output_format",
     .kind = kChoice,
     .choices = "jpeg|jpg|png|tiff|tif|webp|avif|jxl",
     .default_value = "jpeg",
     .help = "File format of the output; WebP is at most 16383 pixels wide and high, AVIF 16384"},
    {.name = "face_enhancement",
     .kind = kSwitch,
     .help = "Restore faces with a model of their own"},
    {.name = "face_enhancement_strength",
     .kind = kDecimal,
     .min = 0,
     .max = 1,
     .low_end = "as it was",
     .high_end = "fully restored",
     .help = "How much of the restored face is blended in"},
    {.name = "face_enhancement_creativity",
     .kind = kDecimal,
     .min = 0,
     .max = 1,
     .low_end = "faithful",
     .high_end = "inventive",
     .help = "How freely detail of faces is made up"},
    {.name = "subject_detection",
     .kind = kChoice,
     .choices = "all|foreground|background",
     .default_value = "all",
     .help = "Part of the picture that is restored"},
    {.name = "prompt",
     .kind = kText,
     .max = 1024,
     .help = "The wished-for picture in words; given without autoprompt it means "
             "autoprompt=false"},
    {.name = "autoprompt",
     .kind = kSwitch,
     .help = "Let the prompt be written from the picture; a given prompt is then ignored"},
    {.name = "creativity",
     .kind = kInteger,
     .min = 1,
     .max = 9,
     .default_value = "3",
     .low_end = "faithful",
     .high_end = "inventive",
     .help = "How freely detail is made up; Natural Enhance takes 1 unless told"},
    {.name = "texture",
     .kind = kInteger,
     .min = 1,
     .max = 5,
     .low_end = "smooth",
     .high_end = "grainy",
     .help = "How much fine texture is added"},
    {.name = "sharpen",
     .kind = kDecimal,
     .min = 0,
     .max = 1,
     .low_end = "none",
     .high_end = "strong",
     .help = "Sharpening after the restoration"},
    {.name = "denoise",
     .kind = kDecimal,
     .min = 0,
     .max = 1,
     .low_end = "none",
     .high_end = "strong",
     .help = "Noise taken away before the restoration"},
    {.name = "detail", .kind = kSwitch, .default_value = "false", .help = "Bring out small detail"},
    {.name = "detail_strength",
     .kind = kDecimal,
     .min = 0,
     .max = 10,
     .low_end = "none",
     .high_end = "strong",
     .help = "How much detail is brought out; ignored without detail=true"},
    {.name = "enhancement_strength",
     .kind = kDecimal,
     .min = 0,
     .max = 10,
     .default_value = "5",
     .low_end = "gentle",
     .high_end = "strong",
     .help = "How far the model goes"},
    {.name = "seed",
     .kind = kInteger,
     .min = 0,
     .max = 9223372036854775807.0,
     .max_text = "9223372036854775807",
     .help =
         "Same input, settings and seed give the same bytes; not given: from the input's bytes"},
};

constexpr SettingSpec kInputSize[] = {
    {.name = "input_width",
     .kind = kInteger,
     .min = 1,
     .max = 32000,
     .help = "Width of the input in pixels"},
    {.name = "input_height",
     .kind = kInteger,
     .min = 1,
     .max = 32000,
     .help = "Height of the input in pixels"},
};

constexpr ServedModel kModels[] = {
    {.name = "Recover 3", .network = "general-fast", .default_creativity = 3},
    {.name = "Natural Enhance",
     .network = "general-fast",
     .default_creativity = 1,
     .corrects_tone = false},
};

struct OlderName {
  std::string_view older;
  std::string_view name;
};
constexpr OlderName kOlderNames[] = {{"Recovery", "Recover 3"}, {"Recovery V2", "Recover 3"}};

std::string NumberText(double number) {
  const auto whole = static_cast<int64_t>(number);
  // Every end in the table is a whole number.
  return std::to_string(whole);
}

}  // namespace

std::span<const SettingSpec> SettingTable() { return kSettings; }

std::span<const SettingSpec> InputSizeTable() { return kInputSize; }

const SettingSpec* FindSetting(std::string_view name) {
  for (const std::span<const SettingSpec> table : {SettingTable(), InputSizeTable()}) {
    for (const SettingSpec& setting : table) {
      if (setting.name == name) {
        return &setting;
      }
    }
  }
  return nullptr;
}

std::string CamelCaseName(std::string_view name) {
  std::string camel;
  bool is_first_of_word = false;
  for (const char c : name) {
    if (c == '_') {
      is_first_of_word = true;
      continue;
    }
    camel += is_first_of_word && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    is_first_of_word = false;
  }
  return camel;
}

std::vector<std::string_view> ChoicesOf(const SettingSpec& setting) {
  std::vector<std::string_view> choices;
  std::string_view rest = setting.choices;
  while (!rest.empty()) {
    const size_t bar = rest.find('|');
    choices.push_back(rest.substr(0, bar));
    rest = bar == std::string_view::npos ? std::string_view() : rest.substr(bar + 1);
  }
  return choices;
}

std::string AllowedText(const SettingSpec& setting) {
  const std::string max =
      setting.max_text.empty() ? NumberText(setting.max) : std::string(setting.max_text);
  switch (setting.kind) {
    case kInteger:
      return "a whole number from " + NumberText(setting.min) + " to " + max;
    case kDecimal:
      return "a number from " + NumberText(setting.min) + " to " + max;
    case kSwitch:
      return "true or false";
    case kText:
      return "UTF-8 text of at most " + max + " characters";
    case kChoice:
      break;
  }
  const std::vector<std::string_view> choices = ChoicesOf(setting);
  std::string text;
  for (size_t i = 0; i < choices.size(); ++i) {
    text += i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

std::span<const ServedModel> ServedModels() { return kModels; }

Result<const ServedModel*> FindServedModel(std::string_view name) {
  std::string_view wanted = name;
  for (const OlderName& older : kOlderNames) {
    if (older.older == name) {
      wanted = older.name;
    }
  }
  for (const ServedModel& model : kModels) {
    if (model.name == wanted) {
      return &model;
    }
  }
  return Status(StatusCode::kInvalidArgument,
                "model must be " + AllowedText(*FindSetting("model")));
}

}  // namespace recover

// The one table of the API's settings: the field parser, the sentences of its errors,
// openapi.json and the pages that explain the API all come from it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace recover {

enum class SettingKind { kInteger, kDecimal, kSwitch, kChoice, kText };

/// One field of a request. Texts are static.
struct SettingSpec {
  std::string_view name;  ///< snake_case: "face_enhancement_strength".
  SettingKind kind = SettingKind::kText;
  double min = 0;                  ///< Numbers: least value. Text: nothing.
  double max = 0;                  ///< Numbers: greatest value. Text: most Unicode code points.
  std::string_view max_text = {};  ///< Exact text of max where a double cannot hold it.
  std::string_view choices = {};   ///< "foreground|background|all".
  std::string_view default_value = {};  ///< "" = chosen for each picture ("auto").
  std::string_view low_end = {};        ///< What the low end means.
  std::string_view high_end = {};
  std::string_view help = {};  ///< One line without a full stop.
};

std::span<const SettingSpec> SettingTable();

/// input_width and input_height, which an estimate needs beside the settings.
std::span<const SettingSpec> InputSizeTable();

/// In both tables; null when neither has the name.
const SettingSpec* FindSetting(std::string_view name);

/// "faceEnhancementStrength".
std::string CamelCaseName(std::string_view name);

/// "foreground", "background", "all".
std::vector<std::string_view> ChoicesOf(const SettingSpec& setting);

/// "a whole number from 1 to 9", "true or false" ...: for errors and documents.
std::string AllowedText(const SettingSpec& setting);

/// A model that requests may name.
struct ServedModel {
  std::string_view name;     ///< "Recover 3": as reported.
  std::string_view network;  ///< A name of models/.
  int default_creativity = 3;
  bool corrects_tone = true;  ///< Whether faded pictures get their range back.
};
std::span<const ServedModel> ServedModels();

/// By name or older name ("Recovery V2" is Recover 3); exact spelling.
/// Errors: kInvalidArgument listing the names.
Result<const ServedModel*> FindServedModel(std::string_view name);

}  // namespace recover

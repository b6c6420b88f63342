#include "jobs/chosen_settings.h"

#include "base/check.h"
#include "base/json.h"
#include "jobs/setting_table.h"

namespace recover {
namespace {

/// Puts a setting that was given under its name.
template <typename T>
void PutGiven(Json& json, const char* name, const std::optional<T>& value) {
  if (value) {
    json[name] = *value;
  }
}

}  // namespace

ChosenSettings ChooseSettings(const RequestSettings& settings) {
  const auto model = FindServedModel(settings.model);
  RECOVER_CHECK(model.has_value());
  ChosenSettings chosen;
  chosen.creativity = settings.creativity.value_or((*model)->default_creativity);
  chosen.corrects_tone = (*model)->corrects_tone;
  chosen.seed = settings.seed;
  // A prompt of the person's own counts unless the automatic one is asked for.
  if (!settings.autoprompt.value_or(false)) {
    chosen.prompt = settings.prompt;
  }
  return chosen;
}

std::vector<std::string> SettingsWithoutEffect(const RequestSettings& settings,
                                               const ChosenSettings& chosen) {
  const RequestSettings defaults;
  std::vector<std::string> names;
  const auto add = [&names](const char* name, bool is_given) {
    if (is_given) names.emplace_back(name);
  };
  add("autoprompt", settings.autoprompt.value_or(false));
  add("creativity", settings.creativity.has_value() && !chosen.has_creativity);
  add("denoise", settings.denoise.has_value());
  add("detail", settings.detail);
  add("detail_strength", settings.detail_strength.has_value());
  add("enhancement_strength", settings.enhancement_strength != defaults.enhancement_strength);
  // Faces are left as the network makes them, which is what "false" asks for.
  add("face_enhancement", settings.face_enhancement.value_or(false));
  add("face_enhancement_creativity", settings.face_enhancement_creativity.has_value());
  add("face_enhancement_strength", settings.face_enhancement_strength.has_value());
  add("prompt", !settings.prompt.empty());
  add("seed", settings.seed.has_value() && !chosen.has_creativity);
  add("sharpen", settings.sharpen.has_value());
  add("subject_detection", settings.subject_detection != defaults.subject_detection);
  add("texture", settings.texture.has_value());
  return names;
}

std::string OptionsJson(const RequestSettings& settings, const ChosenSettings& chosen) {
  Json json = Json::object();
  Json names = Json::array();
  json["autoprompt"] = settings.autoprompt.value_or(false);
  if (!settings.autoprompt) names.push_back("autoprompt");
  json["creativity"] = chosen.creativity;
  if (!settings.creativity) names.push_back("creativity");
  PutGiven(json, "denoise", settings.denoise);
  json["detail"] = settings.detail;
  PutGiven(json, "detail_strength", settings.detail_strength);
  json["enhancement_strength"] = settings.enhancement_strength;
  json["prompt"] = chosen.prompt;
  PutGiven(json, "seed", chosen.seed);
  if (!settings.seed && chosen.seed) names.push_back("seed");
  PutGiven(json, "sharpen", settings.sharpen);
  PutGiven(json, "texture", settings.texture);
  PutGiven(json, "tone_changed", chosen.tone_changed);
  json["chosen"] = std::move(names);
  json["without_effect"] = SettingsWithoutEffect(settings, chosen);
  return DumpJson(json);
}

}  // namespace recover

// What is done with the settings that a request left open, and what is said about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jobs/request_settings.h"

namespace recover {

/// What a run settles beyond the request.
struct ChosenSettings {
  int creativity = 3;           ///< 1..9
  std::optional<int64_t> seed;  ///< Nothing = not known yet: it comes from the input's bytes.
  std::string prompt;           ///< The prompt used; empty = none.
  /// False when the network that ran was not trained for creativity: neither it nor the
  /// seed changes a pixel then. True before the network is known.
  bool has_creativity = true;
  bool corrects_tone = true;         ///< Whether a faded picture gets its range back.
  std::optional<bool> tone_changed;  ///< Whether it did; nothing = not known yet.
};

/// Settles what the request left open, without a look at the picture: the model's own
/// creativity, the seed as given. settings.model is one of ServedModels().
ChosenSettings ChooseSettings(const RequestSettings& settings);

/// Settings of the request that this version stores and reports but does not act on,
/// by their names in the API, in alphabetical order.
std::vector<std::string> SettingsWithoutEffect(const RequestSettings& settings,
                                               const ChosenSettings& chosen);

/// StatusResponse's options_json, a JSON object with:
/// - each setting that has no field of its own there, given or chosen, by its name in
///   the API; one that nobody gave and nothing chose is left out; so is the seed until
///   it is known;
/// - "prompt": the prompt used;
/// - "tone_changed": whether the picture was faded and got its range back, once known;
/// - "chosen": names of those that the request did not give;
/// - "without_effect": SettingsWithoutEffect().
std::string OptionsJson(const RequestSettings& settings, const ChosenSettings& chosen);

}  // namespace recover

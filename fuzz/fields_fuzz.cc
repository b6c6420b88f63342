// Fuzzes the parser of a request's fields: name=value pairs, percent-encoded, joined by "&".

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/uri.h"
#include "jobs/request_settings.h"

namespace {

using recover::RequestSettings;

void Require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

template <typename T>
bool IsWithin(const std::optional<T>& value, double min, double max) {
  return !value || (static_cast<double>(*value) >= min && static_cast<double>(*value) <= max);
}

void CheckRanges(const RequestSettings& settings) {
  Require(IsWithin(settings.output_width, 1, 32000) && IsWithin(settings.output_height, 1, 32000));
  Require(IsWithin(settings.creativity, 1, 9) && IsWithin(settings.texture, 1, 5));
  Require(IsWithin(settings.sharpen, 0, 1) && IsWithin(settings.denoise, 0, 1));
  Require(IsWithin(settings.face_enhancement_strength, 0, 1));
  Require(IsWithin(settings.face_enhancement_creativity, 0, 1));
  Require(IsWithin(settings.detail_strength, 0, 10));
  Require(settings.enhancement_strength >= 0 && settings.enhancement_strength <= 10);
  Require(!settings.seed || *settings.seed >= 0);
  Require(settings.prompt.size() <= size_t{4} * 1024);
  Require(settings.model == "Recover 3" || settings.model == "Natural Enhance");
}

void CheckSettings(const recover::SettingFields& fields) {
  const auto settings = recover::ParseSettings(fields);
  if (!settings) {
    const std::string& message = settings.error().message();
    Require(!message.empty() && message.size() < 500);
    Require(
        std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    return;
  }
  CheckRanges(*settings);
  const auto stored =
      recover::ParseJson(recover::DumpJson(recover::SettingsToJson(*settings)), "settings");
  Require(stored.has_value());
  const auto read = recover::SettingsFromJson(*stored);
  Require(read.has_value() && *read == *settings);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto fields = recover::ParseUriFields({reinterpret_cast<const char*>(data), size});
  if (fields) {
    CheckSettings(*fields);
    const auto input = recover::ParseInputSize(*fields);
    Require(!input || (input->width >= 1 && input->width <= 32000 && input->height >= 1 &&
                       input->height <= 32000));
  }
  return 0;
}

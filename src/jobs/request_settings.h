// What a request asks for, typed and checked; the wire's names and ranges stand in
// setting_table.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "codec/format.h"
#include "image/image.h"

namespace recover {

enum class Subject { kAll, kForeground, kBackground };

/// "All", "Foreground", "Background": as reported.
std::string_view SubjectName(Subject subject);

/// "jpeg", "png", "tiff", "webp", "heic", "avif", "jxl": formats as answers name them.
std::string_view FormatApiName(FileFormat format);

/// Settings of one job. Nothing in an optional = chosen by the auto-parameters when
/// the picture is there. A value type; ranges hold once it came out of ParseSettings.
struct RequestSettings {
  std::string model = "Recover 3";  ///< A name of ServedModels(), never an alias.
  std::optional<int> output_width;  ///< Pixels, after EXIF orientation.
  std::optional<int> output_height;
  bool crop_to_fill = false;
  FileFormat output_format = FileFormat::kJpeg;

  std::optional<bool> face_enhancement;
  std::optional<double> face_enhancement_strength;    ///< 0..1
  std::optional<double> face_enhancement_creativity;  ///< 0..1
  Subject subject_detection = Subject::kAll;
  std::string prompt;  ///< UTF-8, at most 1024 code points.
  /// A prompt without autoprompt means false.
  std::optional<bool> autoprompt;
  std::optional<int> creativity;  ///< 1..9; nothing = the model's default.
  std::optional<int> texture;     ///< 1..5
  std::optional<double> sharpen;  ///< 0..1
  std::optional<double> denoise;  ///< 0..1
  bool detail = false;
  std::optional<double> detail_strength;  ///< 0..10; kept only with `detail`.
  double enhancement_strength = 5.0;      ///< 0..10
  std::optional<int64_t> seed;            ///< >= 0; nothing = from the input's bytes.

  bool operator==(const RequestSettings&) const = default;
};

/// Text fields of a request by name as sent.
using SettingFields = std::map<std::string, std::string, std::less<>>;

/// Reads the settings out of text fields. snake_case beats camelCase (the loser is not
/// looked at); fields that the table has not are passed over. Booleans are true/false in any
/// letter case. A prompt that autoprompt=true overrules and a detail_strength without detail
/// are checked, then dropped.
/// Errors: kInvalidArgument naming the field, the value and what is allowed.
Result<RequestSettings> ParseSettings(const SettingFields& fields);

/// The value of a field by either of its spellings, snake_case first; null when it is not there.
const std::string* FindField(const SettingFields& fields, std::string_view snake_case_name);

/// The input's size of an estimate: input_width and input_height, both needed.
/// Errors: kInvalidArgument.
Result<Size> ParseInputSize(const SettingFields& fields);

/// For the store; SettingsFromJson(SettingsToJson(s)) equals s.
Json SettingsToJson(const RequestSettings& settings);
/// Errors: kCorruptInput.
Result<RequestSettings> SettingsFromJson(const Json& json);

}  // namespace recover

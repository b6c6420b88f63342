#include "jobs/request_settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/strings.h"
#include "jobs/setting_table.h"

namespace recover {
namespace {

// Longest piece of a value that an error repeats.
constexpr size_t kMostShown = 40;

constexpr std::string_view kSubjectNames[] = {"All", "Foreground", "Background"};

// The value as an error shows it: short, printable, on one line.
std::string Shown(std::string_view value) {
  std::string shown;
  for (const char c : value.substr(0, kMostShown)) {
    shown += c >= ' ' && c <= '~' ? c : '?';
  }
  return "\"" + shown + (value.size() > kMostShown ? "...\"" : "\"");
}

Status Refuse(const SettingSpec& setting, std::string_view value) {
  return {StatusCode::kInvalidArgument,
          std::string(setting.name) + " must be " + AllowedText(setting) + ", not " + Shown(value)};
}

// Code points of well-formed UTF-8 (RFC 3629: no overlong forms, surrogates or values above
// U+10FFFF); nothing for other bytes.
std::optional<int64_t> CountCodePoints(std::string_view text) {
  int64_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    if (lead < 0x80) continue;
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - at < static_cast<size_t>(more)) {
      return std::nullopt;
    }
    uint32_t point = lead & (0x3Fu >> more);
    for (int i = 0; i < more; ++i) {
      const auto next = static_cast<unsigned char>(text[at++]);
      if ((next & 0xC0) != 0x80) return std::nullopt;
      point = (point << 6) | (next & 0x3F);
    }
    constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (point < kLeast[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
      return std::nullopt;
    }
  }
  return count;
}

// No blanks, no plus sign, no hex: what from_chars takes, all of it.
template <typename T>
std::optional<T> ReadNumber(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

// Reads fields one after the other; the first error stays and stops the rest.
class FieldReader {
 public:
  explicit FieldReader(const SettingFields& fields) : fields_(fields) {}

  const Status& status() const { return status_; }

  void Read(std::string_view name, std::optional<bool>& target) {
    Parse(name, [&](const SettingSpec&, const std::string& text) {
      const std::string word = AsciiLower(text);
      if (word != "true" && word != "false") return false;
      target = word == "true";
      return true;
    });
  }
  void Read(std::string_view name, bool& target) {
    std::optional<bool> value;
    Read(name, value);
    target = value.value_or(target);
  }
  void Read(std::string_view name, std::optional<int64_t>& target) {
    Parse(name, [&](const SettingSpec& setting, const std::string& text) {
      const auto number = ReadNumber<int64_t>(text);
      // seed's end is 2^63-1, which no double holds: from_chars has kept it already.
      if (!number || *number < static_cast<int64_t>(setting.min) ||
          (setting.max_text.empty() && *number > static_cast<int64_t>(setting.max))) {
        return false;
      }
      target = *number;
      return true;
    });
  }
  void Read(std::string_view name, std::optional<int>& target) {
    std::optional<int64_t> value;
    Read(name, value);
    if (value) {
      target = static_cast<int>(*value);
    }
  }
  void Read(std::string_view name, std::optional<double>& target) {
    Parse(name, [&](const SettingSpec& setting, const std::string& text) {
      const auto number = ReadNumber<double>(text);
      if (!number || !std::isfinite(*number) || *number < setting.min || *number > setting.max) {
        return false;
      }
      target = *number + 0.0;  // -0 becomes 0
      return true;
    });
  }
  void Read(std::string_view name, double& target) {
    std::optional<double> value;
    Read(name, value);
    target = value.value_or(target);
  }
  void Read(std::string_view name, std::string& target) {
    Parse(name, [&](const SettingSpec& setting, const std::string& text) {
      const auto count = CountCodePoints(text);
      if (!count || *count > static_cast<int64_t>(setting.max)) return false;
      target = text;
      return true;
    });
  }
  void Read(std::string_view name, Subject& target) {
    Parse(name, [&](const SettingSpec&, const std::string& text) {
      for (const Subject subject : {Subject::kAll, Subject::kForeground, Subject::kBackground}) {
        if (AsciiLower(text) == AsciiLower(SubjectName(subject))) {
          target = subject;
          return true;
        }
      }
      return false;
    });
  }
  void Read(std::string_view name, FileFormat& target) {
    Parse(name, [&](const SettingSpec& setting, const std::string& text) {
      const std::string word = AsciiLower(text);
      const std::vector<std::string_view> choices = ChoicesOf(setting);
      if (std::find(choices.begin(), choices.end(), word) == choices.end()) return false;
      const auto format = ParseFormatName(word);
      if (!format) return false;
      target = *format;
      return true;
    });
  }
  void ReadModel(std::string& target) {
    Parse("model", [&](const SettingSpec&, const std::string& text) {
      const auto model = FindServedModel(text);
      if (!model) return false;
      target = (*model)->name;
      return true;
    });
  }

 private:
  template <typename Parser>
  void Parse(std::string_view name, const Parser& parser) {
    const std::string* text = FindField(fields_, name);
    if (text == nullptr || !status_.ok()) {
      return;
    }
    const SettingSpec& setting = *FindSetting(name);
    if (!parser(setting, *text)) {
      status_ = Refuse(setting, *text);
    }
  }

  const SettingFields& fields_;
  Status status_;
};

// What the format itself cannot hold is told now, while the client still listens.
Status CheckSides(const RequestSettings& settings) {
  const FileFormat format = settings.output_format;
  if (!CanEncode(format)) {
    return {StatusCode::kInvalidArgument,
            "output_format " + std::string(FormatApiName(format)) +
                " cannot be written by this server; take jpeg, png or tiff"};
  }
  const Size size{settings.output_width.value_or(1), settings.output_height.value_or(1)};
  if (const Status fits = CheckFormatLimits(format, size); !fits.ok()) {
    const std::string_view side = size.width >= size.height ? "output_width" : "output_height";
    return Status(StatusCode::kInvalidArgument, fits.message()).WithContext(side);
  }
  return Status::Ok();
}

template <typename T>
void Put(Json& json, std::string_view name, const std::optional<T>& value) {
  if (value) {
    json[std::string(name)] = *value;
  }
}

// A stored value as the text that a request would have held.
std::string FieldText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : DumpJson(value);
}

}  // namespace

std::string_view SubjectName(Subject subject) {
  return kSubjectNames[static_cast<size_t>(subject)];
}

std::string_view FormatApiName(FileFormat format) {
  switch (format) {
    case FileFormat::kJpeg:
      return "jpeg";
    case FileFormat::kPng:
      return "png";
    case FileFormat::kTiff:
      return "tiff";
    case FileFormat::kWebp:
      return "webp";
    case FileFormat::kHeic:
      return "heic";
    case FileFormat::kAvif:
      return "avif";
    case FileFormat::kJxl:
      break;
  }
  return "jxl";
}

const std::string* FindField(const SettingFields& fields, std::string_view snake_case_name) {
  auto field = fields.find(snake_case_name);
  if (field == fields.end()) {
    field = fields.find(CamelCaseName(snake_case_name));
  }
  return field == fields.end() ? nullptr : &field->second;
}

namespace {

Result<RequestSettings> ReadSettings(const SettingFields& fields) {
  RequestSettings settings;
  FieldReader reader(fields);
  reader.ReadModel(settings.model);
  reader.Read("output_width", settings.output_width);
  reader.Read("output_height", settings.output_height);
  reader.Read("crop_to_fill", settings.crop_to_fill);
  reader.Read("output_format", settings.output_format);
  reader.Read("face_enhancement", settings.face_enhancement);
  reader.Read("face_enhancement_strength", settings.face_enhancement_strength);
  reader.Read("face_enhancement_creativity", settings.face_enhancement_creativity);
  reader.Read("subject_detection", settings.subject_detection);
  reader.Read("prompt", settings.prompt);
  reader.Read("autoprompt", settings.autoprompt);
  reader.Read("creativity", settings.creativity);
  reader.Read("texture", settings.texture);
  reader.Read("sharpen", settings.sharpen);
  reader.Read("denoise", settings.denoise);
  reader.Read("detail", settings.detail);
  reader.Read("detail_strength", settings.detail_strength);
  reader.Read("enhancement_strength", settings.enhancement_strength);
  reader.Read("seed", settings.seed);
  RECOVER_RETURN_IF_ERROR(reader.status());

  if (settings.autoprompt.value_or(false)) {
    settings.prompt.clear();
  } else if (!settings.prompt.empty()) {
    settings.autoprompt = false;
  }
  if (!settings.detail) {
    settings.detail_strength.reset();
  }
  return settings;
}

}  // namespace

Result<RequestSettings> ParseSettings(const SettingFields& fields) {
  RECOVER_ASSIGN_OR_RETURN(RequestSettings settings, ReadSettings(fields));
  RECOVER_RETURN_IF_ERROR(CheckSides(settings));
  return settings;
}

Result<Size> ParseInputSize(const SettingFields& fields) {
  std::optional<int> width;
  std::optional<int> height;
  FieldReader reader(fields);
  reader.Read("input_width", width);
  reader.Read("input_height", height);
  RECOVER_RETURN_IF_ERROR(reader.status());
  for (const SettingSpec& setting : InputSizeTable()) {
    if (!(setting.name == "input_width" ? width : height)) {
      return Status(StatusCode::kInvalidArgument,
                    std::string(setting.name) + " is missing; it must be " + AllowedText(setting));
    }
  }
  return Size{*width, *height};
}

Json SettingsToJson(const RequestSettings& settings) {
  Json json = Json::object();
  json["model"] = settings.model;
  Put(json, "output_width", settings.output_width);
  Put(json, "output_height", settings.output_height);
  json["crop_to_fill"] = settings.crop_to_fill;
  json["output_format"] = FormatApiName(settings.output_format);
  Put(json, "face_enhancement", settings.face_enhancement);
  Put(json, "face_enhancement_strength", settings.face_enhancement_strength);
  Put(json, "face_enhancement_creativity", settings.face_enhancement_creativity);
  json["subject_detection"] = SubjectName(settings.subject_detection);
  if (!settings.prompt.empty()) {
    json["prompt"] = settings.prompt;
  }
  Put(json, "autoprompt", settings.autoprompt);
  Put(json, "creativity", settings.creativity);
  Put(json, "texture", settings.texture);
  Put(json, "sharpen", settings.sharpen);
  Put(json, "denoise", settings.denoise);
  json["detail"] = settings.detail;
  Put(json, "detail_strength", settings.detail_strength);
  json["enhancement_strength"] = settings.enhancement_strength;
  Put(json, "seed", settings.seed);
  return json;
}

Result<RequestSettings> SettingsFromJson(const Json& json) {
  if (!json.is_object()) {
    return Status(StatusCode::kCorruptInput, "stored settings are no JSON object");
  }
  SettingFields fields;
  for (const auto& [name, value] : json.items()) {
    fields[name] = FieldText(value);
  }
  auto settings = ReadSettings(fields);
  if (!settings) {
    return Status(StatusCode::kCorruptInput, settings.error().message())
        .WithContext("stored settings");
  }
  return settings;
}

}  // namespace recover

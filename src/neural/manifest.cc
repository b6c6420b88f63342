#include "neural/manifest.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"

namespace recover {
namespace {

/// Reads the fields of one JSON object; the first fault is kept, later ones are
/// not looked at.
class FieldReader {
 public:
  FieldReader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {}

  std::string Text(std::string_view key) { return Take(JsonString(object_, key), key, "a text"); }

  int64_t Int(std::string_view key, int64_t min, int64_t max) {
    const int64_t value = Take(JsonInt(object_, key), key, "a whole number");
    Require(min <= value && value <= max, key,
            "from " + std::to_string(min) + " to " + std::to_string(max));
    return value;
  }

  double Number(std::string_view key, double min, double max) {
    const double value = Take(JsonDouble(object_, key), key, "a number");
    Require(min <= value && value <= max, key,
            "from " + std::to_string(min) + " to " + std::to_string(max));
    return value;
  }

  const Json& Array(std::string_view key) {
    static const Json empty = Json::array();
    const Json* array = Take(JsonArray(object_, key), key, "an array");
    return array == nullptr ? empty : *array;
  }

  void Require(bool condition, std::string_view key, std::string_view rule) {
    if (!condition) {
      Fail(key, "must be " + std::string(rule));
    }
  }

  void Fail(std::string_view key, std::string_view reason) {
    Adopt(Status(StatusCode::kCorruptInput,
                 where_ + ": field \"" + std::string(key) + "\" " + std::string(reason)));
  }

  void Adopt(const Status& status) {
    if (status_.ok()) {
      status_ = status;
    }
  }

  const Status& status() const { return status_; }

 private:
  template <typename T>
  T Take(Result<T> value, std::string_view key, std::string_view rule) {
    if (!value) {
      Require(false, key, rule);
      return {};
    }
    return *std::move(value);
  }

  const Json& object_;
  std::string where_;
  Status status_;
};

bool IsPlainFileName(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

bool IsSha256(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

void ReadDials(FieldReader& fields, std::string_view source, Manifest& manifest) {
  constexpr int kMaxIndex = 255;
  constexpr double kFar = 1e6;
  for (const Json& entry : fields.Array("dials")) {
    FieldReader dial(
        entry, std::string(source) + ": dials[" + std::to_string(manifest.dials.size()) + "]");
    Dial read;
    read.name = dial.Text("name");
    dial.Require(!read.name.empty(), "name", "not empty");
    read.index = static_cast<int>(dial.Int("index", 0, kMaxIndex));
    read.min = dial.Number("min", -kFar, kFar);
    read.max = dial.Number("max", read.min, kFar);
    read.default_value = dial.Number("default", read.min, read.max);
    for (const Dial& other : manifest.dials) {
      dial.Require(other.name != read.name, "name", "used once");
      dial.Require(other.index != read.index, "index", "used once");
    }
    fields.Adopt(dial.status());
    manifest.dials.push_back(std::move(read));
  }
  for (const std::string_view needed : {"log2_scale", "creativity"}) {
    if (manifest.FindDial(needed) == nullptr) {
      fields.Fail("dials", "must hold \"" + std::string(needed) + "\"");
    }
  }
}

void ReadCreativityTable(FieldReader& fields, Manifest& manifest) {
  const Json& table = fields.Array("creativity_table");
  if (table.size() != manifest.creativity_table.size()) {
    fields.Fail("creativity_table", "must hold 9 numbers");
    return;
  }
  double least = 0;
  for (size_t i = 0; i < table.size(); ++i) {
    const double value = table[i].is_number() ? table[i].get<double>() : -1.0;
    if (!(least <= value && value <= 1.0)) {
      fields.Fail("creativity_table", "must rise from 0 towards 1 and never fall");
      return;
    }
    manifest.creativity_table[i] = value;
    least = value;
  }
}

}  // namespace

const Dial* Manifest::FindDial(std::string_view dial_name) const {
  const auto found = std::ranges::find(dials, dial_name, &Dial::name);
  return found == dials.end() ? nullptr : &*found;
}

bool IsModelName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Result<Manifest> ParseManifest(std::string_view json, std::string_view source) {
  RECOVER_ASSIGN_OR_RETURN(const Json object, ParseJson(json, source));
  FieldReader fields(object, std::string(source));
  if (!object.is_object()) {
    return Status(StatusCode::kCorruptInput, std::string(source) + ": must be a JSON object");
  }
  Manifest manifest;
  manifest.name = fields.Text("name");
  fields.Require(IsModelName(manifest.name), "name", "1 to 64 of a-z, 0-9 and '-'");
  manifest.version = fields.Text("version");
  fields.Require(!manifest.version.empty(), "version", "not empty");
  manifest.kind = fields.Text("kind");
  fields.Require(manifest.kind == "general", "kind", "\"general\"");
  manifest.file = fields.Text("file");
  fields.Require(IsPlainFileName(manifest.file), "file", "a file name without folders");
  manifest.sha256 = fields.Text("sha256");
  fields.Require(IsSha256(manifest.sha256), "sha256", "64 lower-case hex digits");
  manifest.bytes = fields.Int("bytes", 1, int64_t{1} << 31);
  manifest.licence = fields.Text("licence");
  fields.Require(!manifest.licence.empty(), "licence", "not empty");
  manifest.card = fields.Text("card");
  fields.Require(IsPlainFileName(manifest.card), "card", "a file name without folders");
  manifest.parameters = fields.Int("parameters", 0, int64_t{1} << 40);
  manifest.tflop_per_mp = fields.Number("tflop_per_mp", 0, 1000);
  manifest.receptive_field_radius_px =
      static_cast<int>(fields.Int("receptive_field_radius_px", 0, 1024));
  manifest.multiple_px = static_cast<int>(fields.Int("multiple_px", 4, 256));
  // The noise lives on the 1/4 grid.
  fields.Require(manifest.multiple_px % 4 == 0, "multiple_px", "a multiple of 4");
  manifest.default_tile_px = static_cast<int>(fields.Int("default_tile_px", 16, 8192));
  manifest.noise_channels = static_cast<int>(fields.Int("noise_channels", 1, 64));
  manifest.prompt_size = static_cast<int>(fields.Int("prompt_size", 1, 4096));
  if (object.contains("activation_bytes_per_px")) {
    manifest.activation_bytes_per_px =
        static_cast<int>(fields.Int("activation_bytes_per_px", 1, 100000));
  }
  ReadDials(fields, source, manifest);
  ReadCreativityTable(fields, manifest);
  if (!fields.status().ok()) {
    return fields.status();
  }
  return manifest;
}

}  // namespace recover

#include "http/json_fields.h"

#include <cmath>
#include <set>
#include <string>

#include "jobs/setting_table.h"

namespace recover {
namespace {

constexpr std::string_view kRequestFields[] = {"source_id", "source_url", "webhook_url"};

const std::set<std::string, std::less<>>& KnownNames() {
  static const auto* const known = [] {
    auto* names = new std::set<std::string, std::less<>>();
    const auto add = [&](std::string_view name) {
      names->emplace(name);
      names->insert(CamelCaseName(name));
    };
    for (const auto table : {SettingTable(), InputSizeTable()}) {
      for (const SettingSpec& setting : table) {
        add(setting.name);
      }
    }
    for (const std::string_view name : kRequestFields) {
      add(name);
    }
    return names;
  }();
  return *known;
}

std::string NumberText(const Json& value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (value.is_number_float()) {
    const auto number = value.get<double>();
    if (std::abs(number) <= kExact && std::floor(number) == number) {
      return std::to_string(static_cast<int64_t>(number));
    }
  }
  return DumpJson(value);
}

}  // namespace

bool IsKnownField(std::string_view name) { return KnownNames().count(name) != 0; }

Result<SettingFields> FieldsOfJson(const Json& value) {
  if (!value.is_object()) {
    return Status(StatusCode::kInvalidArgument, "a JSON object of settings is expected");
  }
  SettingFields fields;
  for (const auto& [name, field] : value.items()) {
    if (!IsKnownField(name) || field.is_null()) {
      continue;
    }
    if (field.is_structured()) {
      return Status(StatusCode::kInvalidArgument,
                    name + " must be a text, a number, true or false, not an array or an object");
    }
    fields[name] = field.is_string()   ? field.get<std::string>()
                   : field.is_number() ? NumberText(field)
                                       : DumpJson(field);
  }
  return fields;
}

Result<SettingFields> FieldsOfJsonText(std::string_view text) {
  const auto json = ParseJson(text, "the request's body");
  if (!json) {
    return Status(StatusCode::kInvalidArgument, json.error().message());
  }
  return FieldsOfJson(*json);
}

}  // namespace recover

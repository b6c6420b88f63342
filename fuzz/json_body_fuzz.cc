// Fuzzes the JSON bodies of the estimates: one object, or a list of them.

#include <cstdlib>
#include <string_view>

#include "http/json_fields.h"
#include "jobs/request_settings.h"

namespace {

void Require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void CheckItem(const recover::Json& item) {
  const auto fields = recover::FieldsOfJson(item);
  if (!fields) {
    Require(fields.error().code() == recover::StatusCode::kInvalidArgument);
    return;
  }
  for (const auto& [name, value] : *fields) {
    Require(recover::IsKnownField(name));
  }
  const auto settings = recover::ParseSettings(*fields);
  Require(settings || settings.error().code() == recover::StatusCode::kInvalidArgument);
  static_cast<void>(recover::ParseInputSize(*fields).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto json = recover::ParseJson(text, "body");
  const auto fields = recover::FieldsOfJsonText(text);
  Require(json || !fields);
  if (!json) {
    return 0;
  }
  CheckItem(*json);
  if (json->is_array()) {
    for (const recover::Json& item : *json) {
      CheckItem(item);
    }
  }
  // What was read can be written and read again.
  Require(recover::ParseJson(recover::DumpJson(*json), "body").has_value());
  return 0;
}

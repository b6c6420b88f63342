#include "base/json.h"

#include <cstdint>
#include <limits>

#include "base/env.h"

namespace recover {
namespace {

constexpr int64_t kMaxFileBytes = int64_t{16} << 20;
constexpr int kMaxDepth = 64;

Status FieldError(std::string_view key, std::string_view expected) {
  return {StatusCode::kCorruptInput,
          "field \"" + std::string(key) + "\" must be " + std::string(expected)};
}

// The field, or null when `object` is no object or has none of that name.
const Json* Find(const Json& object, std::string_view key) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto field = object.find(key);
  return field == object.end() ? nullptr : &*field;
}

// nlohmann's words carry its own error numbers: keep what follows them.
std::string_view Reason(std::string_view what) {
  const size_t end = what.find("] ");
  return end == std::string_view::npos ? what : what.substr(end + 2);
}

}  // namespace

Result<Json> ParseJson(std::string_view text, std::string_view name) {
  const std::string prefix(name);
  // `depth` is that of the value seen; the parser itself does not recurse, but
  // everything that walks the result does.
  bool too_deep = false;
  const auto limit_depth = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;
  };
  try {
    Json value = Json::parse(text, limit_depth);
    if (too_deep) {
      return Status(StatusCode::kCorruptInput, prefix + ": nested too deeply");
    }
    return value;
  } catch (const Json::exception& error) {
    return Status(StatusCode::kCorruptInput,
                  prefix + ": not valid JSON: " + std::string(Reason(error.what())));
  }
}

std::string DumpJson(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Result<Json> ReadJsonFile(const std::filesystem::path& path) {
  RECOVER_ASSIGN_OR_RETURN(const std::string text, Env::Real().ReadFile(path, kMaxFileBytes));
  return ParseJson(text, path.string());
}

Result<std::string> JsonString(const Json& object, std::string_view key) {
  const Json* field = Find(object, key);
  if (field == nullptr || !field->is_string()) {
    return FieldError(key, "a string");
  }
  return field->get<std::string>();
}

Result<int64_t> JsonInt(const Json& object, std::string_view key) {
  const Json* field = Find(object, key);
  if (field == nullptr || !field->is_number_integer() ||
      (field->is_number_unsigned() &&
       field->get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))) {
    return FieldError(key, "a whole number");
  }
  return field->get<int64_t>();
}

Result<double> JsonDouble(const Json& object, std::string_view key) {
  const Json* field = Find(object, key);
  if (field == nullptr || !field->is_number()) {
    return FieldError(key, "a number");
  }
  return field->get<double>();
}

Result<bool> JsonBool(const Json& object, std::string_view key) {
  const Json* field = Find(object, key);
  if (field == nullptr || !field->is_boolean()) {
    return FieldError(key, "true or false");
  }
  return field->get<bool>();
}

Result<const Json*> JsonArray(const Json& object, std::string_view key) {
  const Json* field = Find(object, key);
  if (field == nullptr || !field->is_array()) {
    return FieldError(key, "an array");
  }
  return field;
}

Result<const Json*> JsonObject(const Json& object, std::string_view key) {
  const Json* field = Find(object, key);
  if (field == nullptr || !field->is_object()) {
    return FieldError(key, "an object");
  }
  return field;
}

}  // namespace recover

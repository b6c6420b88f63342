// JSON: nlohmann/json behind functions that return a Status instead of throwing.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace recover {

/// Objects keep the order in which their keys were put in.
using Json = nlohmann::ordered_json;

/// `text` as JSON. Errors: kCorruptInput with the line and column of the fault.
/// `name` says in that sentence what was parsed ("general-fast.json").
/// Depth is limited to 64 so that hostile text cannot exhaust the stack.
Result<Json> ParseJson(std::string_view text, std::string_view name);

/// `value` as text; bytes that are not UTF-8 (file names!) become U+FFFD.
/// indent < 0 = one line, otherwise spaces per level.
std::string DumpJson(const Json& value, int indent = -1);

/// Reads and parses a file of at most 16 MiB. Errors: those of reading, kTooLarge, kCorruptInput.
Result<Json> ReadJsonFile(const std::filesystem::path& path);

/// Fields of an object, typed. Errors: kCorruptInput naming the field and what was
/// expected. Numbers must be exact: 1.5 and out-of-range values are no int64.
/// Doubles are finite by the grammar of JSON.
Result<std::string> JsonString(const Json& object, std::string_view key);
Result<int64_t> JsonInt(const Json& object, std::string_view key);
Result<double> JsonDouble(const Json& object, std::string_view key);
Result<bool> JsonBool(const Json& object, std::string_view key);
/// The field itself when it is an array (an object); valid as long as `object`.
Result<const Json*> JsonArray(const Json& object, std::string_view key);
Result<const Json*> JsonObject(const Json& object, std::string_view key);

}  // namespace recover

// JSON objects as the text fields that forms bring.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "jobs/request_settings.h"

namespace recover {

/// True for a name, in either spelling, that some route reads.
bool IsKnownField(std::string_view name);

/// The known fields of an object as text: 3 and "3" are one, so are true and "true"; a null
/// counts as not given; 3.0 is the whole number 3, as JSON has but one kind of number.
/// Errors: kInvalidArgument when it is no object or a known field is an array or an object.
Result<SettingFields> FieldsOfJson(const Json& value);

/// The same from a body's text. Errors: also for what is no JSON.
Result<SettingFields> FieldsOfJsonText(std::string_view text);

}  // namespace recover

// The parts of openapi.json that no table of the program holds: sentences and answers' schemas.
#pragma once

#include <string_view>

namespace recover {

/// JSON: {"METHOD pattern": {"operationId", "summary", "tags", "description"?, "parameters"?,
/// "responses": {"200": {...}}}}. openapi.cc adds bodies and the failures common to routes.
extern const std::string_view kOpenApiOperations;

/// JSON: the schemas of answers.
extern const std::string_view kOpenApiSchemas;

}  // namespace recover

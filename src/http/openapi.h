// /openapi.json: written from the route table and the setting table, so that it says what is so.
#pragma once

#include <string>

#include "base/json.h"

namespace recover {

/// The document, OpenAPI 3.0.3. Every route, every answer it can give.
Json OpenApiDocument();

/// The same as text; made once.
const std::string& OpenApiText();

}  // namespace recover

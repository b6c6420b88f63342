#include "http/openapi.h"

namespace recover {

Json OpenApiDocument() { return Json{{"openapi", "3.0.3"}}; }

const std::string& OpenApiText() {
  static const auto* const kText = new std::string(DumpJson(OpenApiDocument()));
  return *kText;
}

}  // namespace recover

#include "http/openapi.h"

#include <charconv>

#include "base/check.h"
#include "base/version.h"
#include "codec/format.h"
#include "http/openapi_text.h"
#include "http/router.h"
#include "jobs/setting_table.h"

namespace recover {
namespace {

// What the program's own text says is good JSON: a test reads the whole document.
Json ParseOwn(std::string_view text) {
  auto json = ParseJson(text, "openapi");
  RECOVER_CHECK(json.has_value());
  return *std::move(json);
}

Json SchemaRef(std::string_view name) {
  return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

Json IntegerEnd(std::string_view text, double end) {
  int64_t whole = static_cast<int64_t>(end);
  if (!text.empty()) {
    std::from_chars(text.data(), text.data() + text.size(), whole);
  }
  return whole;
}

Json DefaultOf(const SettingSpec& setting) {
  const std::string text(setting.default_value);
  switch (setting.kind) {
    case SettingKind::kInteger:
    case SettingKind::kDecimal:
    case SettingKind::kSwitch:
      return ParseOwn(text);
    case SettingKind::kChoice:
    case SettingKind::kText:
      break;
  }
  return text;
}

Json SettingSchema(const SettingSpec& setting) {
  Json schema = Json::object();
  switch (setting.kind) {
    case SettingKind::kInteger:
      // OpenAPI's int64 holds the seed; JSON's own numbers have no such end.
      schema = {{"type", "integer"},
                {"format", setting.max_text.empty() ? "int32" : "int64"},
                {"minimum", IntegerEnd({}, setting.min)},
                {"maximum", IntegerEnd(setting.max_text, setting.max)}};
      break;
    case SettingKind::kDecimal:
      schema = {{"type", "number"}, {"minimum", setting.min}, {"maximum", setting.max}};
      break;
    case SettingKind::kSwitch:
      schema = {{"type", "boolean"}};
      break;
    case SettingKind::kText:
      schema = {{"type", "string"}, {"maxLength", static_cast<int64_t>(setting.max)}};
      break;
    case SettingKind::kChoice:
      schema = {{"type", "string"}, {"enum", Json::array()}};
      for (const std::string_view choice : ChoicesOf(setting)) {
        schema["enum"].push_back(choice);
      }
      break;
  }
  std::string help(setting.help);
  if (!setting.low_end.empty()) {
    help += " (" + std::string(setting.low_end) + " to " + std::string(setting.high_end) + ")";
  }
  schema["description"] = help;
  if (!setting.default_value.empty()) {
    schema["default"] = DefaultOf(setting);
  }
  return schema;
}

void AddSettings(std::span<const SettingSpec> table, Json& properties) {
  for (const SettingSpec& setting : table) {
    properties[std::string(setting.name)] = SettingSchema(setting);
  }
}

Json SubmitSchema() {
  Json properties = {
      {"image",
       {{"type", "string"},
        {"format", "binary"},
        {"description",
         "The picture: JPEG, PNG, TIFF, WebP, HEIC, AVIF or JPEG XL, told by its bytes"}}},
      {"source_id",
       {{"type", "string"}, {"format", "uuid"}, {"description", "An earlier submit's input"}}},
      {"source_url",
       {{"type", "string"},
        {"format", "uri"},
        {"description", "Where the server fetches the picture: http or https, a public address"}}}};
  AddSettings(SettingTable(), properties);
  properties["webhook_url"] = {
      {"type", "string"},
      {"format", "uri"},
      {"description", "Told of every change of the job's state: http or https, a public address"}};
  return {{"type", "object"}, {"properties", std::move(properties)}};
}

Json EstimateSchema() {
  Json properties = Json::object();
  AddSettings(InputSizeTable(), properties);
  AddSettings(SettingTable(), properties);
  return {{"type", "object"},
          {"required", {"input_width", "input_height"}},
          {"properties", std::move(properties)}};
}

Json Content(std::initializer_list<std::string_view> types, const Json& schema) {
  Json content = Json::object();
  for (const std::string_view type : types) {
    content[std::string(type)] = {{"schema", schema}};
  }
  return content;
}

Json RequestBody(BodyKind kind) {
  switch (kind) {
    case BodyKind::kSubmit:
      return {{"required", true},
              {"content", Content({"multipart/form-data"}, SchemaRef("SubmitRequest"))}};
    case BodyKind::kSettings:
      return {{"required", true},
              {"content", Content({"multipart/form-data", "application/x-www-form-urlencoded",
                                   "application/json"},
                                  SchemaRef("EstimateRequest"))}};
    case BodyKind::kJson:
      return {
          {"required", true},
          {"content", Content({"application/json"}, {{"type", "array"},
                                                     {"maxItems", 1000},
                                                     {"items", SchemaRef("EstimateRequest")}})}};
    case BodyKind::kNone:
      break;
  }
  return {};
}

Json ErrorResponse(std::string_view description) {
  return {{"description", description},
          {"content", Content({"application/json"}, SchemaRef("Error"))}};
}

Json HeaderText(std::string_view description) {
  return {{"description", description}, {"schema", {{"type", "string"}}}};
}

Json FileContent() {
  Json content = Json::object();
  for (const FileFormat format : kAllFormats) {
    content[std::string(MimeType(format))] = {
        {"schema", {{"type", "string"}, {"format", "binary"}}}};
  }
  return content;
}

// A success as openapi_text.cc writes it, in OpenAPI's own words.
Json SuccessResponse(const Json& text) {
  Json response = {{"description", text.at("description")}};
  const Json plain = {{"type", "string"}};
  if (text.contains("schema")) {
    response["content"] =
        Content({"application/json"}, SchemaRef(text.at("schema").get<std::string>()));
  } else if (text.contains("anyOf")) {
    Json any = Json::array();
    for (const Json& name : text.at("anyOf")) {
      any.push_back(SchemaRef(name.get<std::string>()));
    }
    response["content"] = Content({"application/json"}, {{"anyOf", any}});
  } else if (text.contains("file")) {
    response["content"] = FileContent();
  } else if (text.contains("type")) {
    const auto type = text.at("type").get<std::string>();
    response["content"] =
        Content({type}, type == "application/json" ? Json{{"type", "object"}} : plain);
  } else if (text.contains("types")) {
    for (const Json& type : text.at("types")) {
      response["content"][type.get<std::string>()] = {{"schema", plain}};
    }
  }
  if (text.contains("headers")) {
    for (const auto& [name, description] : text.at("headers").items()) {
      response["headers"][name] = HeaderText(description.get<std::string>());
    }
  }
  return response;
}

struct CommonFailure {
  std::string_view status;
  std::string_view description;
  bool is_for_keys_alone;
};
constexpr CommonFailure kCommonFailures[] = {
    {"400", "The request or one of its fields is not as it must be", false},
    {"401", "No API key was sent, or one that is not known", true},
    {"403",
     "Not allowed: a signature that does not hold, or a request from elsewhere in single-user mode",
     false},
    {"405", "The path does not take this method; Allow says which it takes", false},
    {"408", "The request came too slowly", false},
    {"413", "The body or the picture is too large", false},
    {"414", "The request's target is too long", false},
    {"429", "Too much at once; Retry-After says when to come back", false},
    {"431", "The request's headers are too large", false},
    {"500", "A fault of the server's", false},
    {"503", "Not ready or stopping; Retry-After says when to come back", false},
};

Json Responses(const Route& route, const Json& operation) {
  Json responses = Json::object();
  for (const auto& [status, text] : operation.at("responses").items()) {
    responses[status] =
        text.is_string() ? ErrorResponse(text.get<std::string>()) : SuccessResponse(text);
  }
  for (const CommonFailure& failure : kCommonFailures) {
    const std::string status(failure.status);
    if (!responses.contains(status) && (route.needs_key || !failure.is_for_keys_alone)) {
      responses[status] = {{"$ref", "#/components/responses/" + status}};
    }
  }
  return responses;
}

Json CommonResponses() {
  Json responses = Json::object();
  for (const CommonFailure& failure : kCommonFailures) {
    Json response = ErrorResponse(failure.description);
    if (failure.status == "429" || failure.status == "503") {
      response["headers"]["Retry-After"] = HeaderText("Seconds");
    } else if (failure.status == "405") {
      response["headers"]["Allow"] = HeaderText("The methods that the path takes");
    }
    responses[std::string(failure.status)] = std::move(response);
  }
  return responses;
}

// The {names} of the pattern.
Json PathParameters(std::string_view pattern) {
  Json parameters = Json::array();
  for (size_t at = pattern.find('{'); at != std::string_view::npos;
       at = pattern.find('{', at + 1)) {
    const std::string name(pattern.substr(at + 1, pattern.find('}', at) - at - 1));
    Json schema = {{"type", "string"}};
    if (name.ends_with("id")) {
      schema["format"] = "uuid";
    }
    parameters.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", schema}});
  }
  return parameters;
}

Json Operation(const Route& route, const Json& text) {
  Json operation = {{"operationId", text.at("operationId")},
                    {"summary", text.at("summary")},
                    {"tags", text.at("tags")}};
  if (text.contains("description")) {
    operation["description"] = text.at("description");
  }
  Json parameters = PathParameters(route.pattern);
  if (text.contains("parameters")) {
    parameters.insert(parameters.end(), text.at("parameters").begin(), text.at("parameters").end());
  }
  if (!parameters.empty()) {
    operation["parameters"] = std::move(parameters);
  }
  if (route.body != BodyKind::kNone) {
    operation["requestBody"] = RequestBody(route.body);
  }
  operation["responses"] = Responses(route, text);
  if (!route.needs_key) {
    operation["security"] = Json::array();
  }
  return operation;
}

// HEAD answers as GET does, without a body.
Json HeadOperation(Json get) {
  get["operationId"] = get.at("operationId").get<std::string>() + "Head";
  get["summary"] = get.at("summary").get<std::string>() + ": headers alone";
  for (auto& [status, response] : get["responses"].items()) {
    Json bare = {{"description", "As GET, without a body"}};
    response = std::move(bare);
  }
  return get;
}

Json OptionsOperation(const Json& first) {
  Json operation = {{"operationId", first.at("operationId").get<std::string>() + "Options"},
                    {"summary", "Ask which methods the path takes; preflights of browsers"},
                    {"tags", first.at("tags")},
                    {"security", Json::array()},
                    {"responses",
                     {{"204",
                       {{"description", "Allow lists the methods"},
                        {"headers", {{"Allow", HeaderText("The methods")}}}}},
                      {"404", ErrorResponse("There is nothing at this path")}}}};
  for (const CommonFailure& failure : kCommonFailures) {
    if (!failure.is_for_keys_alone) {
      operation["responses"][std::string(failure.status)] = {
          {"$ref", "#/components/responses/" + std::string(failure.status)}};
    }
  }
  for (const Json& parameter : first.value("parameters", Json::array())) {
    if (parameter.at("in") == "path") {
      operation["parameters"].push_back(parameter);
    }
  }
  return operation;
}

Json Paths() {
  const Json texts = ParseOwn(kOpenApiOperations);
  Json paths = Json::object();
  for (const Route& route : Routes()) {
    const std::string pattern(route.pattern);
    const Json operation = Operation(route, texts.at(std::string(route.method) + " " + pattern));
    Json& path = paths[pattern];
    if (route.method == "GET") {
      path["get"] = operation;
      path["head"] = HeadOperation(operation);
    } else {
      path[route.method == "POST" ? "post" : "delete"] = operation;
    }
    if (!path.contains("options")) {
      path["options"] = OptionsOperation(operation);
    }
  }
  return paths;
}

}  // namespace

Json OpenApiDocument() {
  Json schemas = ParseOwn(kOpenApiSchemas);
  schemas["SubmitRequest"] = SubmitSchema();
  schemas["EstimateRequest"] = EstimateSchema();
  return {
      {"openapi", "3.0.3"},
      {"info",
       {{"title", "Recover"},
        {"version", kVersion},
        {"description",
         "Restores photographs. Errors are JSON with code and message; times are Unix seconds; "
         "optional fields are left out, never null."},
        {"license",
         {{"name", "Apache-2.0"}, {"url", "https://www.apache.org/licenses/LICENSE-2.0"}}}}},
      {"servers", Json::array({Json{{"url", "."}}})},
      {"security", Json::array({Json{{"ApiKey", Json::array()}}, Json{{"Bearer", Json::array()}}})},
      {"paths", Paths()},
      {"components",
       {{"securitySchemes",
         {{"ApiKey", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-API-Key"}}},
          {"Bearer", {{"type", "http"}, {"scheme", "bearer"}}}}},
        {"responses", CommonResponses()},
        {"schemas", std::move(schemas)}}}};
}

const std::string& OpenApiText() {
  static const auto* const text = new std::string(DumpJson(OpenApiDocument()));
  return *text;
}

}  // namespace recover

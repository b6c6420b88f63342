// What things cost and what is left: estimates and the balance.
#include "http/handlers.h"
#include "http/json_fields.h"

namespace recover {
namespace {

constexpr size_t kMostOfBulk = 1000;

Result<Json> EstimateOf(Edge& edge, const SettingFields& fields) {
  RECOVER_ASSIGN_OR_RETURN(const Size input, ParseInputSize(fields));
  RECOVER_ASSIGN_OR_RETURN(RequestSettings settings, ParseSettings(fields));
  RECOVER_ASSIGN_OR_RETURN(const Estimate estimate,
                           edge.parts.service->EstimateJob({std::move(settings), input}));
  return Json{{"duration", estimate.duration_seconds}, {"credits", estimate.credits}};
}

Json BulkItem(Edge& edge, const Json& item, const std::string& request_id) {
  const auto fields = FieldsOfJson(item);
  auto estimate = fields ? EstimateOf(edge, *fields) : Result<Json>(fields.error());
  if (estimate) {
    (*estimate)["status"] = "success";
    return *std::move(estimate);
  }
  // The same words that a single estimate would be answered with.
  const auto error = ParseJson(ErrorAnswer(estimate.error(), request_id).body, "error");
  Json result = {{"status", "error"}};
  result.update(*error);
  return result;
}

}  // namespace

Answer HandleEstimate(Edge& edge, Request& request) {
  const auto estimate = EstimateOf(edge, request.fields);
  return estimate ? JsonAnswer(*estimate) : ErrorAnswer(estimate.error(), request.id);
}

Answer HandleEstimateBulk(Edge& edge, Request& request) {
  const auto items = ParseJson(request.body, "the request's body");
  if (!items || !items->is_array()) {
    return ErrorAnswer(
        400, items ? "the body must be a JSON array of estimates" : items.error().message());
  }
  if (items->size() > kMostOfBulk) {
    return ErrorAnswer(400, "the array has " + std::to_string(items->size()) + " items; at most " +
                                std::to_string(kMostOfBulk) + " are taken");
  }
  Json answers = Json::array();
  for (const Json& item : *items) {
    answers.push_back(BulkItem(edge, item, request.id));
  }
  return JsonAnswer(answers);
}

Answer HandleBalance(Edge& edge, Request& request) {
  const auto key = edge.parts.service->Balance(request.key);
  if (!key) {
    return ErrorAnswer(key.error(), request.id);
  }
  return JsonAnswer({{"available_credits", key->available()},
                     {"reserved_credits", key->reserved},
                     {"total_credits", key->available() + key->reserved}});
}

}  // namespace recover

#include "http/answer.h"

#include "base/log.h"

namespace recover {
namespace {

constexpr std::string_view kComeBackSeconds = "5";

}  // namespace

Answer JsonAnswer(const Json& body, int status) {
  Answer answer;
  answer.status = status;
  answer.body = DumpJson(body);
  return answer;
}

Answer EmptyAnswer() {
  Answer answer;
  answer.status = 204;
  answer.content_type.clear();
  return answer;
}

Answer ErrorAnswer(int status, std::string_view message) {
  Answer answer = JsonAnswer({{"code", status}, {"message", message}}, status);
  if (status == 429 || status == 503) {
    answer.headers.emplace_back("Retry-After", kComeBackSeconds);
  } else if (status == 401) {
    answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"recover\"");
  }
  return answer;
}

Answer ErrorAnswer(const Status& status, std::string_view request_id) {
  int code = HttpStatusOf(status.code());
  if (status.code() == StatusCode::kCancelled) {
    code = 503;  // 499 is for logs: whoever still reads this is told to come back
  }
  if (code != 500) {
    return ErrorAnswer(code, status.message());
  }
  Log(LogLevel::kError, "request failed", {{"request", request_id}, {"error", status.message()}});
  return ErrorAnswer(500, "internal error; the server's log has the details under request id " +
                              std::string(request_id));
}

}  // namespace recover

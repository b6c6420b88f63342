// One request and its answer, driven by libmicrohttpd's calls.
#pragma once

#include <microhttpd.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "http/answer.h"
#include "http/connection_table.h"
#include "http/edge.h"
#include "http/form.h"
#include "http/handler_pool.h"
#include "http/listener.h"
#include "http/router.h"

namespace recover {

/// What an exchange needs of its server; borrowed.
struct ExchangeParts {
  Edge* edge = nullptr;
  HandlerPool* pool = nullptr;
  Listener* listener = nullptr;
  bool is_tls = false;
};

/// Made when the request line is there, gone when the answer is sent or the client is. Its calls
/// come from the connection's thread; the handler runs on another while the connection is
/// suspended.
///
///   head -> [refused: answered at once, or after a short body]
///        -> body, piece by piece -> handler (suspended) -> answer -> Finish
class Exchange {
 public:
  Exchange(const ExchangeParts& parts, std::string target);

  /// A call of MHD's access handler. MHD_NO closes the connection.
  MHD_Result OnCall(MHD_Connection* connection, const char* method, const char* version,
                    const char* data, size_t* size);

  /// The request ended; counts and logs it.
  void Finish(bool was_sent_whole);

 private:
  enum class Phase { kHead, kBody, kHandling, kAnswered };

  MHD_Result OnHead(const char* method, bool is_http_1_0);
  void ReadHeaders();
  std::optional<Answer> Admit(bool is_http_1_0);
  std::optional<Answer> AnswerOptions(const RouteMatch& match) const;
  std::optional<Answer> CheckLength() const;

  MHD_Result OnBody(std::string_view piece);
  MHD_Result GiveUpOnBody();
  MHD_Result OnBodyEnd();
  void RefuseFromHere(Answer answer);

  Answer RunHandler();
  MHD_Result Send(Answer answer);
  void Decorate(Answer& answer) const;

  const ExchangeParts parts_;
  Edge& edge_;
  const std::string target_;
  const std::chrono::steady_clock::time_point started_at_ = std::chrono::steady_clock::now();

  MHD_Connection* connection_ = nullptr;
  PeerConnection* peer_ = nullptr;
  int socket_ = -1;
  Phase phase_ = Phase::kHead;
  Request request_;
  std::vector<HeaderLine> header_lines_;
  const Route* route_ = nullptr;
  std::string route_label_ = "(none)";
  std::unique_ptr<BodyReader> body_;
  int64_t body_bytes_ = 0;
  int64_t refused_at_bytes_ = 0;
  std::optional<Answer> refusal_;  ///< Set while a body is still read away.
  std::optional<Answer> answer_;   ///< Of the handler; written before the connection resumes.
  bool lingers_ = false;           ///< Answered before the request's end.
  int status_ = 0;                 ///< 0 = not answered.
  int64_t answer_bytes_ = 0;
};

}  // namespace recover

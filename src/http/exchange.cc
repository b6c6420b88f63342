#include "http/exchange.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/ids.h"
#include "base/log.h"
#include "base/strings.h"
#include "http/access.h"
#include "http/host.h"
#include "http/raw_answer.h"

namespace recover {
namespace {

// A refused request's body up to this size is read before the answer, so that the connection
// can go on; a longer one is answered at once and the connection ends.
constexpr int64_t kDrainBytes = int64_t{256} << 10;
// Of requests that have no use for a body.
constexpr int64_t kMostIgnoredBytes = int64_t{1} << 20;

// A client's own id is taken over when it is short and plain.
bool IsRequestId(std::string_view text) {
  constexpr std::string_view kMarks = "-_.:";
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

MHD_Result CollectHeader(void* lines, enum MHD_ValueKind, const char* name, const char* value) {
  static_cast<std::vector<HeaderLine>*>(lines)->emplace_back(name, value == nullptr ? "" : value);
  return MHD_YES;
}

int64_t BodyLimit(const Edge& edge, const Route& route) {
  return route.body == BodyKind::kNone ? std::min(kMostIgnoredBytes, edge.options.max_body_bytes)
                                       : edge.options.max_body_bytes;
}

Answer TooLargeBody(int64_t limit) {
  return ErrorAnswer(413, "the request's body is too large; at most " + std::to_string(limit) +
                              " bytes are taken");
}

}  // namespace

Exchange::Exchange(const ExchangeParts& parts, std::string target)
    : parts_(parts), edge_(*parts.edge), target_(std::move(target)) {}

MHD_Result Exchange::OnCall(MHD_Connection* connection, const char* method, const char* version,
                            const char* data, size_t* size) {
  connection_ = connection;
  switch (phase_) {
    case Phase::kHead:
      return OnHead(method, std::string_view(version) == "HTTP/1.0");
    case Phase::kBody: {
      if (*size == 0) {
        return OnBodyEnd();
      }
      const std::string_view piece(data, *size);
      *size = 0;
      return OnBody(piece);
    }
    case Phase::kHandling:
      return Send(*std::move(answer_));
    case Phase::kAnswered:
      break;
  }
  return MHD_NO;
}

MHD_Result Exchange::OnHead(const char* method, bool is_http_1_0) {
  socket_ = MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  peer_ = static_cast<PeerConnection*>(
      MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context);
  peer_->Enter(PeerConnection::Phase::kReceivingBody);
  request_.method = method;
  request_.peer = peer_->address();
  ReadHeaders();
  phase_ = Phase::kBody;
  auto refusal = Admit(is_http_1_0);
  if (!refusal) {
    return MHD_YES;
  }
  int64_t length = 0;
  const std::string_view sent = request_.header("content-length");
  std::from_chars(sent.data(), sent.data() + sent.size(), length);
  if (length > kDrainBytes || !request_.header("expect").empty() || refusal->must_close) {
    lingers_ = true;
    return Send(*std::move(refusal));
  }
  RefuseFromHere(*std::move(refusal));
  return MHD_YES;
}

void Exchange::ReadHeaders() {
  MHD_get_connection_values(connection_, MHD_HEADER_KIND, CollectHeader, &header_lines_);
  for (const auto& [name, value] : header_lines_) {
    const auto [header, is_new] = request_.headers.try_emplace(AsciiLower(name), Trim(value));
    if (!is_new) {
      header->second += ", " + value;
    }
  }
  const std::string_view id = request_.header("x-request-id");
  request_.id = IsRequestId(id) ? std::string(id) : NewUuid();
}

// Everything that can be said before the body is looked at.
std::optional<Answer> Exchange::Admit(bool is_http_1_0) {
  if (auto bad = CheckHeaderLines(header_lines_, !is_http_1_0)) {
    Answer answer = ErrorAnswer(bad->status, bad->message);
    answer.must_close = true;  // where this request ends is not certain
    return answer;
  }
  const auto target = ParseRequestTarget(target_);
  if (!target) {
    return ErrorAnswer(400, "the request's target is no path with a query");
  }
  request_.path = target->path;
  request_.query = target->query;

  const bool is_proxied = IsTrustedProxy(edge_, request_.peer);
  const auto forwarded = [&](std::string_view name) {
    return is_proxied ? request_.header(name) : std::string_view();
  };
  const auto origin = ClientOrigin({request_.header("host"), forwarded("x-forwarded-proto"),
                                    forwarded("x-forwarded-host"), forwarded("x-forwarded-prefix")},
                                   parts_.is_tls, edge_.fallback_host);
  if (!origin) {
    return ErrorAnswer(origin.error(), request_.id);
  }
  request_.origin = edge_.public_url.empty() ? *origin : edge_.public_url;

  RouteMatch match = MatchRoute(request_.method, request_.path);
  if (!match.pattern.empty()) {
    route_label_ = match.pattern;
  }
  if (request_.method == "OPTIONS") {
    return AnswerOptions(match);
  }
  if (match.pattern.empty()) {
    return ErrorAnswer(404, "there is nothing at this path; /docs lists what there is");
  }
  if (match.route == nullptr) {
    Answer answer =
        ErrorAnswer(405, "this path does not take that method; it takes " + match.allow);
    answer.headers.emplace_back("Allow", match.allow);
    return answer;
  }
  route_ = match.route;
  request_.path_values = std::move(match.values);
  if (auto refusal = CheckAccess(edge_, *route_, request_)) {
    return refusal;
  }
  if (auto refusal = CheckLength()) {
    return refusal;
  }
  auto body = BodyReader::Create(route_->body, request_, edge_.parts.blobs);
  if (!body) {
    return ErrorAnswer(body.error(), request_.id);
  }
  body_ = *std::move(body);
  return std::nullopt;
}

std::optional<Answer> Exchange::AnswerOptions(const RouteMatch& match) const {
  if (match.pattern.empty() && request_.path != "*") {
    return ErrorAnswer(404, "there is nothing at this path; /docs lists what there is");
  }
  Answer answer = EmptyAnswer();
  const std::string allow =
      match.pattern.empty() ? "GET, HEAD, POST, DELETE, OPTIONS" : match.allow;
  answer.headers.emplace_back("Allow", allow);
  if (!edge_.options.cors_origins.empty() &&
      !request_.header("access-control-request-method").empty()) {
    // Only read by browsers when Decorate() names their origin too.
    answer.headers.emplace_back("Access-Control-Allow-Methods", allow);
    answer.headers.emplace_back("Access-Control-Allow-Headers",
                                "X-API-Key, Authorization, Content-Type, Range, X-Request-ID");
    answer.headers.emplace_back("Access-Control-Max-Age", "600");
  }
  return answer;
}

std::optional<Answer> Exchange::CheckLength() const {
  const std::string_view sent = request_.header("content-length");
  int64_t length = 0;
  std::from_chars(sent.data(), sent.data() + sent.size(), length);
  const int64_t limit = BodyLimit(edge_, *route_);
  if (length > limit) {
    return TooLargeBody(limit);
  }
  return std::nullopt;
}

MHD_Result Exchange::OnBody(std::string_view piece) {
  peer_->Touch();
  body_bytes_ += static_cast<int64_t>(piece.size());
  if (refusal_) {
    return body_bytes_ - refused_at_bytes_ > kDrainBytes ? GiveUpOnBody() : MHD_YES;
  }
  if (const int64_t limit = BodyLimit(edge_, *route_); body_bytes_ > limit) {
    RefuseFromHere(TooLargeBody(limit));
  } else if (const Status fed = body_->Feed(piece); !fed.ok()) {
    RefuseFromHere(ErrorAnswer(fed, request_.id));
  }
  return MHD_YES;
}

// The rest of the body is read, a little of it, and this is the answer at its end.
void Exchange::RefuseFromHere(Answer answer) {
  refusal_ = std::move(answer);
  refused_at_bytes_ = body_bytes_;
  body_.reset();
  request_.upload.reset();
}

// libmicrohttpd takes no answer in the middle of a body, so it is written by hand. Over TLS
// that cannot be done: the connection ends without one.
MHD_Result Exchange::GiveUpOnBody() {
  if (!parts_.is_tls) {
    Decorate(*refusal_);
    SendRawAnswer(socket_, *refusal_);
    status_ = refusal_->status;
    answer_bytes_ = refusal_->length();
    lingers_ = true;
  }
  phase_ = Phase::kAnswered;
  return MHD_NO;
}

MHD_Result Exchange::OnBodyEnd() {
  peer_->Enter(PeerConnection::Phase::kAnswering);
  if (refusal_) {
    return Send(*std::move(refusal_));
  }
  if (const Status whole = body_->Finish(); !whole.ok()) {
    return Send(ErrorAnswer(whole, request_.id));
  }
  phase_ = Phase::kHandling;
  MHD_suspend_connection(connection_);
  const bool is_posted = parts_.pool->Post(route_->lane, [this] {
    answer_ = RunHandler();
    MHD_resume_connection(connection_);
  });
  if (!is_posted) {
    answer_ = ErrorAnswer(503, "the server is stopping");
    MHD_resume_connection(connection_);
  }
  return MHD_YES;
}

// On a handler thread.
Answer Exchange::RunHandler() {
  try {
    return route_->handle(edge_, request_);
  } catch (const std::exception& error) {
    return ErrorAnswer(Status(StatusCode::kInternal, error.what()), request_.id);
  } catch (...) {
    return ErrorAnswer(Status(StatusCode::kInternal, "an exception of unknown type"), request_.id);
  }
}

void Exchange::Decorate(Answer& answer) const {
  answer.headers.emplace_back("X-Request-ID", request_.id);
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  const bool has_cache_rule = std::any_of(answer.headers.begin(), answer.headers.end(),
                                          [](const auto& h) { return h.first == "Cache-Control"; });
  if (!has_cache_rule) {
    answer.headers.emplace_back("Cache-Control", "no-store");
  }
  const auto& allowed = edge_.options.cors_origins;
  if (allowed.empty()) {
    return;
  }
  answer.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = request_.header("origin");
  const auto is_origin = [&](const std::string& entry) { return entry == "*" || entry == origin; };
  if (!origin.empty() && std::any_of(allowed.begin(), allowed.end(), is_origin)) {
    answer.headers.emplace_back("Access-Control-Allow-Origin", origin);
    answer.headers.emplace_back(
        "Access-Control-Expose-Headers",
        "X-Process-ID, X-Source-ID, X-ETA, X-Request-ID, Retry-After, Content-Disposition");
  }
}

MHD_Result Exchange::Send(Answer answer) {
  peer_->Enter(PeerConnection::Phase::kAnswering);
  phase_ = Phase::kAnswered;
  Decorate(answer);
  status_ = answer.status;
  answer_bytes_ = answer.length();
  MHD_Response* response = nullptr;
  if (answer.file) {
    // A copy: the response closes its descriptor.
    const int fd = fcntl(answer.file->fd.get(), F_DUPFD_CLOEXEC, 0);
    response = MHD_create_response_from_fd_at_offset64(
        static_cast<uint64_t>(answer.file->length), fd, static_cast<uint64_t>(answer.file->offset));
    if (response == nullptr && fd >= 0) {
      close(fd);
    }
  } else {
    response = MHD_create_response_from_buffer(answer.body.size(), answer.body.data(),
                                               MHD_RESPMEM_MUST_COPY);
  }
  if (response == nullptr) {
    return MHD_NO;
  }
  if (!answer.content_type.empty()) {
    answer.headers.emplace_back("Content-Type", answer.content_type);
  }
  if (answer.must_close || edge_.is_draining) {
    answer.headers.emplace_back("Connection", "close");
  }
  for (const auto& [name, value] : answer.headers) {
    if (MHD_add_response_header(response, name.c_str(), value.c_str()) != MHD_YES) {
      Log(LogLevel::kError, "a header could not be sent",
          {{"request", request_.id}, {"name", name}});
    }
  }
  const MHD_Result queued =
      MHD_queue_response(connection_, static_cast<unsigned>(answer.status), response);
  MHD_destroy_response(response);
  return queued;
}

void Exchange::Finish(bool was_sent_whole) {
  if (lingers_ && socket_ >= 0) {
    UniqueFd copy(fcntl(socket_, F_DUPFD_CLOEXEC, 0));
    if (copy.valid()) {
      parts_.listener->Linger(std::move(copy));
    }
  }
  if (peer_ != nullptr) {
    peer_->Enter(PeerConnection::Phase::kAwaitingHead);
  }
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - started_at_;
  // 499: the client left before there was an answer (nginx's number for it).
  const int status = status_ == 0 ? 499 : status_;
  edge_.metrics.CountRequest(request_.method, route_label_, status, duration);
  Log(LogLevel::kInfo, "request",
      {{"id", request_.id},
       {"peer", request_.peer.ToText()},
       {"key", request_.key.prefix},
       {"method", request_.method.substr(0, 32)},
       {"path", request_.path.substr(0, 256)},
       {"status", status},
       {"received", body_bytes_},
       {"sent", answer_bytes_},
       {"whole", was_sent_whole},
       {"seconds", duration.count()}});
}

}  // namespace recover

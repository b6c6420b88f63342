// POST /image/v1/enhance-gen/async: settings, a picture from one of three places, a job.
#include <algorithm>

#include "base/ids.h"
#include "base/strings.h"
#include "http/file_name.h"
#include "http/handlers.h"
#include "net/fetch.h"

namespace recover {
namespace {

// Gives its place back when dropped.
class FetchSlot {
 public:
  explicit FetchSlot(Edge& edge) : edge_(edge), is_held_(edge.fetches.try_acquire()) {}
  ~FetchSlot() {
    if (is_held_) {
      edge_.fetches.release();
    }
  }
  FetchSlot(const FetchSlot&) = delete;
  FetchSlot& operator=(const FetchSlot&) = delete;
  bool is_held() const { return is_held_; }

 private:
  Edge& edge_;
  const bool is_held_;
};

Status BadSourceCount(size_t given) {
  return {StatusCode::kInvalidArgument,
          given == 0 ? "one of image (a file), source_id and source_url must be sent"
                     : "only one of image, source_id and source_url may be sent"};
}

// The last part of the URL's path: what browsers would call the file.
std::string FileNameOfUrl(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const size_t host = url.find("://");
  const size_t slash = url.rfind('/');
  if (host == std::string_view::npos || slash == std::string_view::npos || slash < host + 3) {
    return {};
  }
  const std::string_view name = url.substr(slash + 1);
  return CleanFileName(DecodePercent(name, false).value_or(std::string(name)));
}

Result<BlobWriter> FetchSource(Edge& edge, const std::string& url) {
  RECOVER_RETURN_IF_ERROR(CheckUrl(url, "source_url", edge.parts.guard));
  const FetchSlot slot(edge);
  if (!slot.is_held()) {
    return Status(StatusCode::kBusy, "too many source_url are being fetched; try again later");
  }
  RECOVER_ASSIGN_OR_RETURN(BlobWriter blob, edge.parts.blobs->Begin());
  FetchLimits limits;
  limits.max_bytes = edge.options.max_body_bytes;
  const Status fetched = FetchUrl(
      url, edge.parts.guard, limits, [&](std::string_view piece) { return blob.Write(piece); },
      edge.stop.get_token());
  if (fetched.code() == StatusCode::kUnavailable) {
    // Another server is down, not this one: a fault of the field, not a 503.
    return Status(StatusCode::kInvalidArgument, fetched.message()).WithContext("source_url");
  }
  RECOVER_RETURN_IF_ERROR(fetched.WithContext("source_url"));
  return blob;
}

Result<SubmitRequest> ReadSubmit(Edge& edge, Request& request) {
  RECOVER_ASSIGN_OR_RETURN(RequestSettings settings, ParseSettings(request.fields));
  const std::string* source_id = FindField(request.fields, "source_id");
  const std::string* source_url = FindField(request.fields, "source_url");
  const std::string* webhook_url = FindField(request.fields, "webhook_url");
  const size_t given =
      (request.upload ? 1 : 0) + (source_id != nullptr ? 1 : 0) + (source_url != nullptr ? 1 : 0);
  if (given != 1) {
    return BadSourceCount(given);
  }
  if (webhook_url != nullptr) {
    RECOVER_RETURN_IF_ERROR(CheckUrl(*webhook_url, "webhook_url", edge.parts.guard));
  }
  const auto make = [&](InputChoice input, std::string filename) {
    return SubmitRequest{std::move(settings), std::move(input), std::move(filename),
                         webhook_url == nullptr ? std::string() : *webhook_url, request.origin};
  };
  if (request.upload) {
    return make(std::move(request.upload->blob), std::move(request.upload->file_name));
  }
  if (source_id != nullptr) {
    if (!IsUuid(*source_id)) {
      return Status(StatusCode::kInvalidArgument, "source_id must be a UUID");
    }
    return make(StoredSource{AsciiLower(*source_id)}, {});
  }
  RECOVER_ASSIGN_OR_RETURN(BlobWriter blob, FetchSource(edge, *source_url));
  return make(std::move(blob), FileNameOfUrl(*source_url));
}

}  // namespace

Answer HandleSubmit(Edge& edge, Request& request) {
  auto submit = ReadSubmit(edge, request);
  if (!submit) {
    return ErrorAnswer(submit.error(), request.id);
  }
  const auto job = edge.parts.service->Submit(request.key, *std::move(submit));
  if (!job) {
    return ErrorAnswer(job.error(), request.id);
  }
  const int64_t eta = job->eta.time_since_epoch().count();
  Answer answer =
      JsonAnswer({{"process_id", job->process_id}, {"source_id", job->source_id}, {"eta", eta}});
  answer.headers.emplace_back("X-Process-ID", job->process_id);
  answer.headers.emplace_back("X-Source-ID", job->source_id);
  answer.headers.emplace_back("X-ETA", std::to_string(eta));
  return answer;
}

}  // namespace recover

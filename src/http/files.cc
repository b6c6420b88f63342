// /files/{id}: stored pictures by signed URL, whole or in part.
#include <fcntl.h>

#include <cerrno>

#include <sys/stat.h>

#include "base/ids.h"
#include "base/strings.h"
#include "http/file_name.h"
#include "http/handlers.h"
#include "http/range.h"
#include "jobs/signed_url.h"

namespace recover {
namespace {

std::string_view QueryValue(const Request& request, std::string_view name) {
  const auto field = request.query.find(name);
  if (field == request.query.end()) {
    return {};
  }
  return field->second;
}

Result<StoredFile> FindSigned(const Edge& edge, const Request& request, const std::string& id) {
  const auto now = std::chrono::floor<std::chrono::seconds>(edge.options.clock->WallNow());
  RECOVER_RETURN_IF_ERROR(CheckFileSignature(edge.parts.service->url_secret(), request.method, id,
                                             QueryValue(request, "exp"), QueryValue(request, "sig"),
                                             now));
  return edge.parts.service->FindFile(id);
}

// The part of the file that Range asks for, unless If-Range names another version of it.
ByteRange RangeOf(const Request& request, int64_t size, const std::string& etag) {
  const std::string_view condition = request.header("if-range");
  if (!condition.empty() && condition != etag) {
    return ParseRange({}, size);
  }
  return ParseRange(request.header("range"), size);
}

Answer FileAnswer(UniqueFd fd, int64_t size, const StoredFile& file, const ByteRange& range) {
  Answer answer;
  answer.content_type = MimeType(file.format);
  answer.file = FileBody{std::move(fd), range.offset, range.length};
  answer.headers.emplace_back("Content-Disposition", ContentDisposition(file.filename));
  if (range.kind == ByteRange::Kind::kPart) {
    answer.status = 206;
    answer.headers.emplace_back("Content-Range",
                                "bytes " + std::to_string(range.offset) + "-" +
                                    std::to_string(range.offset + range.length - 1) + "/" +
                                    std::to_string(size));
  }
  return answer;
}

}  // namespace

Answer HandleFile(Edge& edge, Request& request) {
  const std::string id = AsciiLower(request.path_values.front());
  if (!IsUuid(id)) {
    return ErrorAnswer(404, "there is no such file");
  }
  const auto file = FindSigned(edge, request, id);
  if (!file) {
    return ErrorAnswer(file.error(), request.id);
  }
  UniqueFd fd(open(file->path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat state = {};
  if (!fd.valid() || fstat(fd.get(), &state) != 0) {
    // Removed between the look-up and now: retention is at work.
    return ErrorAnswer(errno == ENOENT ? Status(StatusCode::kGone, "the file has been removed")
                                       : StatusFromErrno(errno, file->path.string()),
                       request.id);
  }
  // A blob never changes: its id is its version.
  const std::string etag = "\"" + id + "\"";
  const int64_t size = state.st_size;
  const ByteRange range = RangeOf(request, size, etag);
  Answer answer;
  if (range.kind == ByteRange::Kind::kUnsatisfiable) {
    answer = ErrorAnswer(416, "the file has " + std::to_string(size) + " bytes");
    answer.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
  } else {
    answer = FileAnswer(std::move(fd), size, *file, range);
  }
  answer.headers.emplace_back("Accept-Ranges", "bytes");
  answer.headers.emplace_back("ETag", etag);
  answer.headers.emplace_back("Cache-Control", "private, max-age=3600, immutable");
  return answer;
}

}  // namespace recover

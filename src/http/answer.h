// What a handler gives back, before it becomes bytes on a socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/status.h"
#include "base/unique_fd.h"

namespace recover {

/// A stretch of an open file.
struct FileBody {
  UniqueFd fd;
  int64_t offset = 0;
  int64_t length = 0;
};

/// Moves. `file` beats `body`.
struct Answer {
  int status = 200;
  std::string content_type = "application/json";  ///< Empty = no such header.
  std::string body;
  std::optional<FileBody> file;
  /// Names and values without line breaks; values of clients are cleaned by who puts them in.
  std::vector<std::pair<std::string, std::string>> headers;
  bool must_close = false;  ///< The connection ends with this answer.

  int64_t length() const { return file ? file->length : static_cast<int64_t>(body.size()); }
};

Answer JsonAnswer(const Json& body, int status = 200);

/// 204, as DELETE and OPTIONS give it.
Answer EmptyAnswer();

/// {"code": status, "message": message}; 429 and 503 say when to come back, 401 how.
Answer ErrorAnswer(int status, std::string_view message);

/// The same by base/status.cc's table. What is no business of clients (kIoError,
/// kInternal: paths, the store) reads "internal error" with the request's id instead.
Answer ErrorAnswer(const Status& status, std::string_view request_id);

}  // namespace recover

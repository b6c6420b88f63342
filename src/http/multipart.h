// multipart/form-data (RFC 7578) as it arrives, in pieces of any size.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace recover {

/// The boundary in a Content-Type of multipart/form-data. Nothing for other types.
/// Errors: kInvalidArgument for a boundary that is missing or none by RFC 2046.
Result<std::optional<std::string>> MultipartBoundary(std::string_view content_type);

/// What a part's headers say.
struct PartHeader {
  std::string name;
  std::string file_name;  ///< By filename* where given, else filename.
  bool has_file_name = false;
};

/// Reads a Content-Disposition's value: tokens and quoted strings with backslashes or percent
/// signs. Nothing when it is no form-data or has no name.
std::optional<PartHeader> ParsePartDisposition(std::string_view value);

/// A parser that is fed pieces and calls back; holds less than one boundary and one part's
/// headers in memory. libmicrohttpd's own post-processor is not used: it takes quoted names
/// only, knows no filename* and no limit on parts, and fails without a reason. Not thread-safe.
class MultipartParser {
 public:
  struct Limits {
    int max_parts = 200;
    size_t max_header_bytes = 16 << 10;
  };
  struct Events {
    std::function<Status(const PartHeader& header)> on_part;
    std::function<Status(std::string_view piece)> on_data;
    std::function<Status()> on_part_end;
  };
  MultipartParser(std::string_view boundary, Events events);
  MultipartParser(std::string_view boundary, Events events, Limits limits);

  /// Takes the next piece. Errors: kInvalidArgument for bytes that are no such form, and
  /// those of the events; then nothing more is taken.
  Status Feed(std::string_view piece);

  /// OK when the closing boundary has come.
  Status Finish() const;

 private:
  enum class State { kPreamble, kAfterBoundary, kHeaders, kData, kEpilogue };

  Status Step(bool& is_stuck);
  Status StepPreamble(bool& is_stuck);
  Status StepAfterBoundary(bool& is_stuck);
  Status StepHeaders(bool& is_stuck);
  Status StepData(bool& is_stuck);
  Status ReadHeaders(std::string_view lines);

  const std::string delimiter_;  ///< CR LF -- boundary
  const Events events_;
  const Limits limits_;
  State state_ = State::kPreamble;
  std::string pending_;  ///< Bytes that are not decided yet.
  int parts_ = 0;
};

}  // namespace recover

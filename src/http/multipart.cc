#include "http/multipart.h"

#include <algorithm>

#include "base/strings.h"
#include "http/header_value.h"
#include "http/uri.h"

namespace recover {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

Status Malformed(std::string_view what) {
  return {StatusCode::kInvalidArgument,
          "the body is no multipart/form-data as its Content-Type says: " + std::string(what)};
}

// RFC 2046, section 5.1.1.
bool IsBoundary(std::string_view text) {
  constexpr std::string_view kMarks = "'()+_,-./:=? ";
  return !text.empty() && text.size() <= 70 && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  kMarks.find(c) != std::string_view::npos;
         });
}

// UTF-8''caf%C3%A9.jpg (RFC 8187); other character sets are not decoded.
std::optional<std::string> DecodeExtended(std::string_view value) {
  const size_t first = value.find('\'');
  const size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos || AsciiLower(value.substr(0, first)) != "utf-8") {
    return std::nullopt;
  }
  return DecodePercent(value.substr(second + 1), false);
}

}  // namespace

Result<std::optional<std::string>> MultipartBoundary(std::string_view content_type) {
  const HeaderValue parsed = ParseHeaderValue(content_type);
  if (AsciiLower(parsed.value) != "multipart/form-data") {
    return std::optional<std::string>();
  }
  const auto boundary = parsed.parameters.find("boundary");
  if (boundary == parsed.parameters.end() || !IsBoundary(boundary->second)) {
    return Status(StatusCode::kInvalidArgument,
                  "the Content-Type multipart/form-data has no valid boundary");
  }
  return std::optional<std::string>(boundary->second);
}

std::optional<PartHeader> ParsePartDisposition(std::string_view value) {
  const HeaderValue parsed = ParseHeaderValue(value);
  const auto name = parsed.parameters.find("name");
  if (AsciiLower(parsed.value) != "form-data" || name == parsed.parameters.end()) {
    return std::nullopt;
  }
  PartHeader header{.name = name->second};
  if (const auto file = parsed.parameters.find("filename"); file != parsed.parameters.end()) {
    header.file_name = file->second;
    header.has_file_name = true;
  }
  if (const auto file = parsed.parameters.find("filename*"); file != parsed.parameters.end()) {
    if (auto decoded = DecodeExtended(file->second)) {
      header.file_name = *std::move(decoded);
      header.has_file_name = true;
    }
  }
  return header;
}

MultipartParser::MultipartParser(std::string_view boundary, Events events)
    : MultipartParser(boundary, std::move(events), Limits()) {}

MultipartParser::MultipartParser(std::string_view boundary, Events events, Limits limits)
    : delimiter_("\r\n--" + std::string(boundary)),
      events_(std::move(events)),
      limits_(limits),
      // The first boundary may open the body: as if a line had ended before it.
      pending_(kLineEnd) {}

Status MultipartParser::Feed(std::string_view piece) {
  pending_ += piece;
  bool is_stuck = false;
  while (!is_stuck) {
    RECOVER_RETURN_IF_ERROR(Step(is_stuck));
  }
  return Status::Ok();
}

Status MultipartParser::Finish() const {
  if (state_ != State::kEpilogue) {
    return Malformed("it ends before the closing boundary");
  }
  return Status::Ok();
}

Status MultipartParser::Step(bool& is_stuck) {
  switch (state_) {
    case State::kPreamble:
      return StepPreamble(is_stuck);
    case State::kAfterBoundary:
      return StepAfterBoundary(is_stuck);
    case State::kHeaders:
      return StepHeaders(is_stuck);
    case State::kData:
      return StepData(is_stuck);
    case State::kEpilogue:
      break;
  }
  pending_.clear();
  is_stuck = true;
  return Status::Ok();
}

// What stands before the first boundary is passed over.
Status MultipartParser::StepPreamble(bool& is_stuck) {
  const size_t at = pending_.find(delimiter_);
  if (at != std::string::npos) {
    pending_.erase(0, at + delimiter_.size());
    state_ = State::kAfterBoundary;
    return Status::Ok();
  }
  if (pending_.size() >= delimiter_.size()) {
    pending_.erase(0, pending_.size() - (delimiter_.size() - 1));
  }
  is_stuck = true;
  return Status::Ok();
}

// "--" closes the form; blanks and a line end open a part.
Status MultipartParser::StepAfterBoundary(bool& is_stuck) {
  constexpr size_t kMostBlanks = 64;
  if (pending_.starts_with("--")) {
    state_ = State::kEpilogue;
    return Status::Ok();
  }
  const size_t text = pending_.find_first_not_of(" \t");
  if (std::min(text, pending_.size()) > kMostBlanks) {
    return Malformed("a boundary's line is too long");
  }
  if (text == std::string::npos || pending_.substr(text) == "\r" || pending_ == "-") {
    is_stuck = true;
    return Status::Ok();
  }
  if (pending_.compare(text, kLineEnd.size(), kLineEnd) != 0) {
    return Malformed("a boundary is not followed by a line end");
  }
  if (++parts_ > limits_.max_parts) {
    return {StatusCode::kInvalidArgument, "the form has too many parts; at most " +
                                              std::to_string(limits_.max_parts) + " are taken"};
  }
  // The line end stays: a part without headers shows its empty line at once.
  pending_.erase(0, text);
  state_ = State::kHeaders;
  return Status::Ok();
}

Status MultipartParser::StepHeaders(bool& is_stuck) {
  const size_t end = pending_.find("\r\n\r\n");
  // Without an end the last three bytes may be its start.
  if ((end == std::string::npos ? pending_.size() : end + 3) > limits_.max_header_bytes + 3) {
    return {StatusCode::kInvalidArgument, "the headers of a part are too long; at most " +
                                              std::to_string(limits_.max_header_bytes) +
                                              " bytes are taken"};
  }
  if (end == std::string::npos) {
    is_stuck = true;
    return Status::Ok();
  }
  RECOVER_RETURN_IF_ERROR(ReadHeaders(std::string_view(pending_).substr(0, end)));
  pending_.erase(0, end + 2 * kLineEnd.size());
  state_ = State::kData;
  return Status::Ok();
}

Status MultipartParser::ReadHeaders(std::string_view lines) {
  std::optional<PartHeader> header;
  while (!lines.empty()) {
    const size_t end = lines.find(kLineEnd);
    const std::string_view line = lines.substr(0, end);
    lines =
        end == std::string_view::npos ? std::string_view() : lines.substr(end + kLineEnd.size());
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      if (!line.empty()) {
        return Malformed("a part has a header line without a colon");
      }
      continue;
    }
    if (AsciiLower(Trim(line.substr(0, colon))) == "content-disposition") {
      header = ParsePartDisposition(Trim(line.substr(colon + 1)));
    }
  }
  if (!header) {
    return Malformed("a part has no Content-Disposition with a name");
  }
  return events_.on_part(*header);
}

Status MultipartParser::StepData(bool& is_stuck) {
  const size_t at = pending_.find(delimiter_);
  if (at != std::string::npos) {
    if (at > 0) {
      RECOVER_RETURN_IF_ERROR(events_.on_data(std::string_view(pending_).substr(0, at)));
    }
    RECOVER_RETURN_IF_ERROR(events_.on_part_end());
    pending_.erase(0, at + delimiter_.size());
    state_ = State::kAfterBoundary;
    return Status::Ok();
  }
  // Everything but what may be the start of a boundary goes on.
  if (pending_.size() >= delimiter_.size()) {
    const size_t sure = pending_.size() - (delimiter_.size() - 1);
    RECOVER_RETURN_IF_ERROR(events_.on_data(std::string_view(pending_).substr(0, sure)));
    pending_.erase(0, sure);
  }
  is_stuck = true;
  return Status::Ok();
}

}  // namespace recover

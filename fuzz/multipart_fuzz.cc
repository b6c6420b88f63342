// Fuzzes a request's way in: the head that a listener peeks at, and a body of any type in pieces
// of any size. The first line of an input is the Content-Type, the rest the body.

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/file_name.h"
#include "http/form.h"
#include "http/multipart.h"
#include "http/request_head.h"

namespace {

using recover::BodyKind;
using recover::BodyReader;
using recover::MultipartParser;
using recover::PartHeader;
using recover::Request;
using recover::Status;

void Require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void CheckName(const std::string& name) {
  const std::string header = recover::ContentDisposition(name);
  Require(header.starts_with("attachment") && header.size() < 2000);
  Require(std::all_of(header.begin(), header.end(), [](char c) { return c >= ' ' && c <= '~'; }));
  const std::string clean = recover::CleanFileName(name);
  Require(clean.size() <= 255 && recover::CleanFileName(clean) == clean);
}

// All parts in one text, and how it ended.
std::string PartsOf(std::string_view boundary, std::string_view body, size_t step) {
  std::string text;
  int open_parts = 0;
  MultipartParser parser(boundary, {.on_part =
                                        [&](const PartHeader& header) {
                                          Require(++open_parts == 1);
                                          CheckName(header.file_name);
                                          text += "part " + header.name + "\n";
                                          return Status::Ok();
                                        },
                                    .on_data =
                                        [&](std::string_view piece) {
                                          Require(open_parts == 1);
                                          text += piece;
                                          return Status::Ok();
                                        },
                                    .on_part_end =
                                        [&] {
                                          Require(--open_parts == 0);
                                          text += "\nend\n";
                                          return Status::Ok();
                                        }});
  Status status;
  for (size_t at = 0; at < body.size() && status.ok(); at += step) {
    status = parser.Feed(body.substr(at, step));
  }
  status = status.ok() ? parser.Finish() : status;
  // Of a form that is refused the parts until then may differ with the pieces.
  return status.ok() ? text : "refused";
}

void CheckMultipart(std::string_view content_type, std::string_view body) {
  const auto boundary = recover::MultipartBoundary(content_type);
  if (!boundary || !*boundary) {
    return;
  }
  const std::string whole = PartsOf(**boundary, body, body.size() + 1);
  for (const size_t step : {1, 2, 7, 64}) {
    Require(PartsOf(**boundary, body, step) == whole);
  }
}

// The fields that a route would see, or a sentence without one.
std::string FieldsOf(std::string_view content_type, std::string_view body, size_t step) {
  Request request;
  request.headers["content-type"] = content_type;
  auto reader = BodyReader::Create(BodyKind::kSettings, request, nullptr);
  if (!reader) {
    return "refused";
  }
  Status status;
  for (size_t at = 0; at < body.size() && status.ok(); at += step) {
    status = (*reader)->Feed(body.substr(at, step));
  }
  if (!status.ok() || !(*reader)->Finish().ok()) {
    return "refused";
  }
  std::string text;
  for (const auto& [name, value] : request.fields) {
    text += name + "=" + value + "\n";
  }
  return text;
}

// A head that is refused stays refused, whatever follows.
void CheckHead(std::string_view bytes) {
  using Kind = recover::HeadCheck::Kind;
  const Kind whole = recover::CheckRequestHead(bytes).kind;
  for (const size_t step : {bytes.size() / 3 + 1, size_t{16}}) {
    for (size_t length = 0; length < bytes.size(); length += step) {
      const Kind part = recover::CheckRequestHead(bytes.substr(0, length)).kind;
      Require(part == Kind::kIncomplete || part == whole);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(input.find('\n'), input.size());
  const std::string_view content_type = input.substr(0, line);
  const std::string_view body = input.substr(std::min(line + 1, input.size()));
  CheckMultipart(content_type, body);
  Require(FieldsOf(content_type, body, 3) == FieldsOf(content_type, body, body.size() + 1));
  CheckHead(input);
  CheckName(std::string(input));
  return 0;
}

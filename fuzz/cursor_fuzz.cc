// Fuzzes what stands in a request's target and its small headers: paths, queries, cursors, ranges,
// hosts, origins.

#include <cstdlib>
#include <string>
#include <string_view>

#include "http/host.h"
#include "http/range.h"
#include "http/uri.h"
#include "jobs/job_cursor.h"

namespace {

using recover::ByteRange;

constexpr std::string_view kSecret = "a secret of the store";

void Require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void CheckCursor(std::string_view cursor) {
  for (const int64_t key : {1, 2}) {
    const auto sequence = recover::DecodeCursor(kSecret, key, cursor);
    if (sequence) {
      // Only what was made here is taken.
      Require(recover::EncodeCursor(kSecret, key, *sequence) == cursor);
    } else {
      Require(sequence.error().code() == recover::StatusCode::kInvalidArgument);
    }
  }
}

void CheckRange(std::string_view header) {
  for (const int64_t size : {int64_t{0}, int64_t{1}, int64_t{1000}, int64_t{1} << 40}) {
    const ByteRange range = recover::ParseRange(header, size);
    if (range.kind == ByteRange::Kind::kPart) {
      Require(range.offset >= 0 && range.length >= 1 && range.offset <= size - range.length);
    } else if (range.kind == ByteRange::Kind::kWhole) {
      Require(range.offset == 0 && range.length == size);
    }
  }
}

void CheckHost(std::string_view text) {
  const auto origin = recover::ClientOrigin({text, {}, {}, {}}, false, "localhost");
  if (origin) {
    Require(origin->starts_with("http://") && recover::ParseOrigin(*origin).has_value());
  }
  if (const auto host = recover::ParseHostPort(text)) {
    Require(host->host.find_first_of("/@\\\"' \r\n") == std::string::npos);
  }
  const auto proxied = recover::ClientOrigin({"localhost", text, text, text}, false, "localhost");
  Require(!proxied || proxied->find_first_of("\"'<> \r\n@") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto target = recover::ParseRequestTarget(text)) {
    Require(target->path == "*" || target->path.starts_with('/'));
    for (const auto& [name, value] : target->query) {
      if (name == "cursor") {
        CheckCursor(value);
      }
    }
  }
  CheckCursor(text);
  CheckRange(text);
  CheckHost(text);
  return 0;
}

#include "http/request_head.h"

#include <algorithm>

#include "base/strings.h"

namespace recover {
namespace {

// With room for a method and the version.
constexpr size_t kMostLineBytes = kMostTargetBytes + 64;

constexpr char kHeadTooLarge[] =
    "the request's headers are too large; at most 16384 bytes are taken";
static_assert(kMostHeadBytes == 16384);

bool IsTokenSign(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenSign);
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

std::optional<Refusal> CheckRequestLine(std::string_view line, bool& is_http_1_0) {
  const size_t first = line.find(' ');
  const size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos || !IsToken(line.substr(0, first)) || second == first + 1 ||
      std::any_of(line.begin(), line.end(), IsControl)) {
    return Refusal{400, "the request line must read: METHOD target HTTP/1.1"};
  }
  if (line.size() > kMostLineBytes) {
    return Refusal{414, "the request's target is too long; at most " +
                            std::to_string(kMostTargetBytes) + " bytes are taken"};
  }
  const std::string_view version = line.substr(second + 1);
  if (version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.') {
    if (version[5] != '1') {
      return Refusal{400, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
    }
    is_http_1_0 = version[7] == '0';
    if (version[7] >= '0' && version[7] <= '9') {
      return std::nullopt;
    }
  }
  return Refusal{400, "the request line must end with HTTP/1.1"};
}

std::optional<Refusal> SplitHeaderLines(std::string_view text, std::vector<HeaderLine>& lines) {
  while (!text.empty()) {
    const size_t end = std::min(text.find("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 2, text.size()));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !IsToken(line.substr(0, colon)) ||
        std::any_of(line.begin(), line.end(), IsControl)) {
      return Refusal{400, "a header line is not of the form Name: value"};
    }
    lines.emplace_back(line.substr(0, colon), Trim(line.substr(colon + 1)));
  }
  return std::nullopt;
}

HeadCheck Refuse(Refusal refusal) { return {HeadCheck::Kind::kRefused, std::move(refusal)}; }

// A line feed without its carriage return, so that two readers cannot disagree on lines.
bool HasBareLineFeed(std::string_view bytes) {
  for (size_t at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<Refusal> CheckHeaderLines(std::span<const HeaderLine> lines, bool needs_host) {
  int hosts = 0;
  int lengths = 0;
  bool is_chunked = false;
  size_t bytes = 0;
  if (lines.size() > kMostHeaderLines) {
    return Refusal{431, "the request has too many header lines; at most " +
                            std::to_string(kMostHeaderLines) + " are taken"};
  }
  for (const auto& [name, value] : lines) {
    bytes += name.size() + value.size() + 4;
    const std::string lower = AsciiLower(name);
    if (lower == "host") {
      ++hosts;
    } else if (lower == "content-length") {
      ++lengths;
      if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos) {
        return Refusal{400, "Content-Length must be a whole number"};
      }
      if (value.size() > 18) {
        return Refusal{413, "Content-Length is larger than any body that is taken here"};
      }
    } else if (lower == "transfer-encoding") {
      if (is_chunked || AsciiLower(value) != "chunked") {
        return Refusal{400, "the only Transfer-Encoding that is taken is chunked"};
      }
      is_chunked = true;
    }
  }
  if (bytes > kMostHeadBytes) {
    return Refusal{431, kHeadTooLarge};
  }
  if (hosts > 1 || (hosts == 0 && needs_host)) {
    return Refusal{400, "the request must have one Host header"};
  }
  if (lengths > 1 || (lengths > 0 && is_chunked)) {
    return Refusal{400, "the request must have one Content-Length or Transfer-Encoding, not both"};
  }
  return std::nullopt;
}

HeadCheck CheckRequestHead(std::string_view bytes) {
  // RFC 9112, section 2.2: empty lines before the request are passed over.
  while (bytes.starts_with("\r\n")) {
    bytes.remove_prefix(2);
  }
  if (!bytes.empty() && bytes[0] != '\r' && !IsTokenSign(bytes[0])) {
    return Refuse({400, "this is no HTTP request"});  // TLS, for one: said at once
  }
  const size_t end = bytes.find("\r\n\r\n");
  if (std::min(end, bytes.size()) > kMostHeadBytes) {
    return Refuse({431, kHeadTooLarge});
  }
  const std::string_view head = bytes.substr(0, end);
  if (HasBareLineFeed(head)) {
    return Refuse({400, "the lines of a request's head must end with CR LF"});
  }
  const size_t line_end = head.find("\r\n");
  bool is_http_1_0 = false;
  if (line_end != std::string_view::npos || end != std::string_view::npos) {
    if (auto refusal = CheckRequestLine(head.substr(0, line_end), is_http_1_0)) {
      return Refuse(*std::move(refusal));
    }
  } else if (head.size() > kMostLineBytes) {
    return Refuse({414, "the request's target is too long; at most " +
                            std::to_string(kMostTargetBytes) + " bytes are taken"});
  }
  if (end == std::string_view::npos) {
    return {};
  }
  std::vector<HeaderLine> lines;
  if (line_end != std::string_view::npos) {
    if (auto refusal = SplitHeaderLines(head.substr(line_end + 2), lines)) {
      return Refuse(*std::move(refusal));
    }
  }
  if (auto refusal = CheckHeaderLines(lines, !is_http_1_0)) {
    return Refuse(*std::move(refusal));
  }
  return {HeadCheck::Kind::kGood, {}};
}

}  // namespace recover

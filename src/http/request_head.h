// The head of a request: what is refused before anything else looks at it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recover {

inline constexpr size_t kMostHeadBytes = size_t{16} << 10;
inline constexpr size_t kMostTargetBytes = size_t{8} << 10;
inline constexpr size_t kMostHeaderLines = 100;

/// Why a request is refused.
struct Refusal {
  int status = 400;
  std::string message;
};

using HeaderLine = std::pair<std::string, std::string>;

/// No more lines and bytes than the limits above; one Host at most, exactly one from HTTP/1.1 on;
/// one Content-Length of digits, or the Transfer-Encoding chunked, never both: whoever reads these
/// differently than a proxy in front of it can be made to see requests that nobody sent.
std::optional<Refusal> CheckHeaderLines(std::span<const HeaderLine> lines, bool needs_host);

struct HeadCheck {
  enum class Kind { kIncomplete, kGood, kRefused };
  Kind kind = Kind::kIncomplete;
  Refusal refusal;
};

/// Looks at the bytes that a client sent first. kIncomplete: the head's end has not come, and
/// nothing is wrong so far. The grammar is RFC 9112's, strictly: lines end with CR LF, no folded
/// lines, no blank before a colon.
HeadCheck CheckRequestHead(std::string_view bytes);

}  // namespace recover

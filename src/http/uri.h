// The target of a request, taken apart without trust.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace recover {

/// A query's or an urlencoded body's fields; the first of a name stays.
using UriFields = std::map<std::string, std::string, std::less<>>;

struct RequestTarget {
  std::string path;  ///< As sent, not decoded: "/image/v1/status/..."; "*" for OPTIONS.
  UriFields query;
};

/// "%41+b" as "A b" (`plus_is_blank`) or "A+b". Nothing for a broken escape.
std::optional<std::string> DecodePercent(std::string_view text, bool plus_is_blank);

/// "a=1&b=2". Nothing for a broken escape or more than `max_fields` fields.
std::optional<UriFields> ParseUriFields(std::string_view text, size_t max_fields = 256);

/// Of a request line's target: origin form, or absolute form as proxies write it. Nothing when
/// it is neither, or when a byte stands in it that must be escaped.
std::optional<RequestTarget> ParseRequestTarget(std::string_view target);

}  // namespace recover

// Header values of the shape  value; name=token; name="quoted".
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace recover {

struct HeaderValue {
  std::string value;                                           ///< As written.
  std::map<std::string, std::string, std::less<>> parameters;  ///< Names in lower case.
};

/// Never fails: what cannot be read is passed over; the first of two parameters stays. In
/// quoted text \" and \\ are unescaped and other backslashes kept, for browsers once sent
/// Windows paths as they are.
HeaderValue ParseHeaderValue(std::string_view text);

}  // namespace recover

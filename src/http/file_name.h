// Names of files as they cross the wire: out of a form, into Content-Disposition.
#pragma once

#include <string>
#include <string_view>

namespace recover {

/// A client's file name made harmless for showing: its last path part, UTF-8 (other bytes
/// become U+FFFD), without control characters, at most 255 bytes. May be empty.
std::string CleanFileName(std::string_view name);

/// attachment; filename="plain"; filename*=UTF-8''exact (RFC 6266, RFC 8187). The plain form
/// is ASCII without quotes and backslashes. Whatever `name` holds, the value is one line.
std::string ContentDisposition(std::string_view name);

}  // namespace recover

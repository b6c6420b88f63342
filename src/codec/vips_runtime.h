// libvips, started once for the process, with everything we do not name switched off.
#pragma once

#include <string>

#include "base/status.h"

namespace recover {

/// Starts libvips: no operation cache, all loaders blocked but those for the formats of
/// codec/format.h, and GLib warnings of the decoders kept off stderr. Idempotent, thread-safe.
/// Errors: kUnavailable if libvips cannot start.
Status StartVips();

/// Whether this libvips has the operation, e.g. "jxlload_source". Thread-safe.
bool VipsHasOperation(const char* nickname);

/// What libvips and its libraries said last on this thread, in one line; clears it.
std::string TakeVipsErrors();

}  // namespace recover

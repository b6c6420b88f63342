// What went wrong in SQLite, as a Status.
#pragma once

#include <exception>

#include "base/status.h"

namespace soci {
class session;
}

namespace recover {

/// A word on a soci_error or any other exception caught from a call on `sql` (null = it did not
/// open). kOutOfSpace for a full disk, kCorruptInput for a damaged store, kUnavailable when another
/// process holds the store too long, kPermissionDenied, kIoError, else kInternal.
/// The sentence does not repeat the text of queries.
Status StatusFromDatabaseError(const std::exception& error, soci::session* sql);

}  // namespace recover

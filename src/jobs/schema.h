// The tables of the store, in plain sight (schema.cc), and how older stores are brought to them.
#pragma once

#include "base/status.h"

namespace soci {
class session;
}

namespace recover {

/// PRAGMA user_version of the stores that this program writes.
inline constexpr int kSchemaVersion = 1;

/// PRAGMA application_id of our stores: "RCVR".
inline constexpr int kApplicationId = 0x52435652;

/// Brings the open store to kSchemaVersion; call it between BEGIN IMMEDIATE and COMMIT. A store
/// that is there already is left alone.
/// Errors: kCorruptInput for a file of another program and for a store of a newer one. Throws
/// soci::soci_error.
Status MigrateSchema(soci::session& sql);

}  // namespace recover

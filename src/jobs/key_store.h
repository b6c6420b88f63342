// The API keys of a store: made, listed, revoked, granted credits, found by their text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/database.h"
#include "jobs/key.h"

namespace recover {

/// Thread-safe; several processes may use one store at once. Names need not be unique, but
/// those of keys that are not revoked are.
class KeyStore {
 public:
  explicit KeyStore(std::shared_ptr<Database> database) : database_(std::move(database)) {}

  /// "rk_" and 43 random characters; only its SHA-256 is stored. requests_per_second 0 = no limit.
  /// Errors: kInvalidArgument (name empty, longer than 100 bytes or with control characters;
  /// credits or rate below 0), kAlreadyExists (a key of this name that is not revoked).
  Result<NewKey> Create(const std::string& name, int64_t credits, double requests_per_second);

  /// All, oldest first; revoked ones too.
  Result<std::vector<KeyRecord>> List() const;

  /// The key called so that is not revoked; else the one whose prefix or number this is.
  /// Errors: kNotFound, kInvalidArgument when several fit.
  Result<KeyRecord> FindByName(const std::string& name_or_prefix) const;

  /// From now on (within a second in running servers) the key opens nothing. Its jobs go on.
  /// Errors: kNotFound.
  Status Revoke(int64_t key_id);

  /// Adds credits. Errors: kInvalidArgument (below 1, or too many in all), kNotFound.
  Status Grant(int64_t key_id, int64_t credits);

  /// The key of this text, revoked or not. Compared in constant time.
  /// Errors: kUnauthenticated.
  Result<KeyRecord> FindByText(std::string_view key_text) const;

  /// Errors: kNotFound.
  Result<KeyRecord> Find(int64_t key_id) const;

  /// The key behind --single-user, made with `credits` if there is none; nobody knows its text.
  /// Revoked, it is made good again: whoever starts the server so wants it.
  Result<KeyRecord> EnsureSingleUserKey(int64_t credits);

 private:
  std::shared_ptr<Database> database_;  // shared with the other parts of the server
};

}  // namespace recover

// An API key: who may ask, for how many credits, how often.
#pragma once

#include <cstdint>
#include <string>

#include "jobs/job.h"

namespace recover {

/// A key as stored. The key's own text is not: only its SHA-256.
struct KeyRecord {
  int64_t key_id = 0;
  std::string name;
  std::string prefix;  ///< First characters of the key, to tell keys apart in lists.
  bool is_revoked = false;
  double requests_per_second = 0;  ///< 0 = no limit.
  int64_t granted = 0;             ///< Credits ever given.
  int64_t reserved = 0;
  int64_t consumed = 0;
  std::string webhook_secret;  ///< Signs this key's webhooks.
  UnixTime creation_time;

  int64_t available() const { return granted - reserved - consumed; }
};

/// A new key with its text, which is shown this once.
struct NewKey {
  KeyRecord record;
  std::string text;
};

}  // namespace recover

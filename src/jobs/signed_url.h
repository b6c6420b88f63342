// URLs of stored files that work without a key until they expire.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "jobs/job.h"

namespace recover {

struct SignedUrls {
  std::string download_url;  ///< For GET.
  std::string head_url;      ///< For HEAD.
  UnixTime expiry;
};

/// ORIGIN/files/ID?exp=...&sig=...: the signature is HMAC-SHA-256 over id, method and expiry.
SignedUrls SignFileUrls(std::string_view secret, std::string_view origin, std::string_view blob_id,
                        UnixTime expiry);

/// method: "GET" or "HEAD"; a GET's signature serves HEAD too. Compared in constant time.
/// Errors: kPermissionDenied (no such signature, expired).
Status CheckFileSignature(std::string_view secret, std::string_view method,
                          std::string_view blob_id, std::string_view exp, std::string_view sig,
                          UnixTime now);

}  // namespace recover

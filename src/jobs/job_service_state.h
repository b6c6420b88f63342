// The inside of JobService, for its source files.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "jobs/forecast_store.h"
#include "jobs/job_service.h"
#include "jobs/key_store.h"

namespace recover {

/// Keys by their text, as of a second ago at most.
class KeyCache {
 public:
  KeyCache();
  /// Errors: those of KeyStore::FindByText.
  Result<KeyRecord> Find(const KeyStore& keys, const Clock& clock, std::string_view key_text);

 private:
  struct Entry {
    KeyRecord key;
    std::chrono::steady_clock::time_point read_at;
  };
  std::mutex mutex_;  ///< Guards what follows.
  /// By HMAC of the text under a secret of this process: where in the map a guess falls, and how
  /// long finding that out takes, tells nothing about the keys.
  std::map<std::string, Entry> entries_;
  const std::string secret_;
};

/// Jobs as read since the store last changed: a thousand pollers ask much more often than
/// anything is written, and each read of a row costs some tens of microseconds.
class JobCache {
 public:
  /// Nothing if there is no such job. Errors: those of the store.
  Result<std::optional<JobRecord>> Find(const Database& database, std::string_view process_id);

 private:
  std::mutex mutex_;  ///< Guards what follows.
  int64_t version_ = 0;
  std::unordered_map<std::string, JobRecord> jobs_;
};

struct JobService::State {
  explicit State(Parts service_parts)
      : parts(std::move(service_parts)),
        keys(parts.database),
        forecast(parts.database, parts.workers) {}

  UnixTime Now() const;

  const Parts parts;
  KeyStore keys;
  KeyCache key_cache;
  JobCache job_cache;
  ForecastBoard forecast;
  std::string url_secret;
};

/// The output's size under the limits of the API, from the input's.
/// Errors: kInvalidArgument (sides, format), kTooLarge (pixels).
Result<Size> PlanOutput(const RequestSettings& settings, Size input, const ServiceLimits& limits);

/// Errors: kTooLarge, in the API's words.
Status CheckInputPixels(Size input, const ServiceLimits& limits);

/// Errors: kOutOfSpace below the least free space.
Status CheckFreeSpace(const BlobStore& blobs, const ServiceLimits& limits);

}  // namespace recover

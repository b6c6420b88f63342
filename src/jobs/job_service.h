// What the edge asks for, in one place: submit, status, list, cancel, delete,
// estimate, balance. Knows no HTTP.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "jobs/blob_store.h"
#include "jobs/database.h"
#include "jobs/job.h"
#include "jobs/key.h"

namespace recover {

/// Where the picture of a job comes from.
struct StoredSource {
  std::string source_id;
};
using InputChoice = std::variant<BlobWriter, StoredSource>;

struct SubmitRequest {
  RequestSettings settings;
  InputChoice input;        ///< An upload or a fetched file, written whole; or an earlier input.
  std::string filename;     ///< May be empty.
  std::string webhook_url;  ///< Checked already; empty = none.
  std::string origin;       ///< "http://host:port".
};

struct JobPage {
  std::vector<JobRecord> jobs;  ///< Newest first.
  std::string next_cursor;      ///< Empty on the last page.
};

struct EstimateRequest {
  RequestSettings settings;
  Size input;  ///< 1..32000 each.
};
struct Estimate {
  int64_t duration_seconds = 0;  ///< Of the work itself, not of the wait in the queue.
  int64_t credits = 0;
};

/// A file that a signed URL may name.
struct StoredFile {
  std::filesystem::path path;
  FileFormat format = FileFormat::kJpeg;
  std::string filename;  ///< For people: Content-Disposition.
};

/// Totals since the store was made and counts now, for /metrics.
struct ServiceStats {
  int64_t pending = 0;
  int64_t processing = 0;
  int64_t completed_total = 0;
  int64_t failed_total = 0;
  int64_t cancelled_total = 0;
  double output_megapixels_total = 0;
  double decode_seconds_total = 0;
  double resample_seconds_total = 0;
  double network_seconds_total = 0;
  double encode_seconds_total = 0;
  double job_seconds_total = 0;
  int64_t webhooks_pending = 0;
  int64_t webhooks_delivered_total = 0;
  int64_t webhooks_dropped_total = 0;
};

struct ServiceLimits {
  int64_t max_input_pixels = 24'000'000;
  int64_t max_output_pixels = 384'000'000;
  int64_t max_queue = 1000;            ///< Pending jobs, all keys together.
  int64_t min_free_bytes = 256 << 20;  ///< Of the disk, below which submits are refused.
  std::chrono::seconds retention = std::chrono::hours(24 * 7);
};

/// Thread-safe. Each job-naming call sees the key's own jobs only: those of others are
/// kNotFound.
class JobService {
 public:
  struct Parts {
    std::shared_ptr<Database> database;
    std::shared_ptr<BlobStore> blobs;
    ServiceLimits limits;
    int workers = 1;                   ///< For forecasts.
    std::function<void()> on_new_job;  ///< Wakes the workers; must be quick. May be empty.
  };
  static Result<std::unique_ptr<JobService>> Create(Parts parts);
  ~JobService();

  /// The key of this text. Errors: kUnauthenticated (unknown or revoked). Fast: answers from
  /// memory for a second; the credits in the record are not for decisions.
  Result<KeyRecord> Authenticate(std::string_view key_text);

  /// Reads the picture's header, settles sizes, reserves credits and queues, all or nothing.
  /// The record has process_id, source_id, eta ...
  /// Errors: kInvalidArgument (unknown or expired source_id, sides, a format that this build does
  /// not write), kUnsupportedFormat and kCorruptInput (no picture), kUnprocessable (a zero side),
  /// kTooLarge (pixels), kNoCredits, kBusy (queue full), kOutOfSpace, kUnauthenticated (revoked).
  Result<JobRecord> Submit(const KeyRecord& key, SubmitRequest request);

  /// Errors: kNotFound.
  Result<JobRecord> Find(const KeyRecord& key, std::string_view process_id);

  /// Newest first, at most `limit`; `cursor` from the page before or empty. Stable while new
  /// jobs arrive. Errors: kInvalidArgument for a cursor that is none.
  Result<JobPage> List(const KeyRecord& key, int limit, std::string_view cursor);

  /// Errors: kNotFound, kConflict when it has ended.
  Status Cancel(const KeyRecord& key, std::string_view process_id);

  /// Row and blobs of a finished job; a shared input stays for the others.
  /// Errors: kNotFound, kConflict when it is not finished.
  Status Delete(const KeyRecord& key, std::string_view process_id);

  /// All finished jobs of the key; how many.
  Result<int64_t> DeleteFinished(const KeyRecord& key);

  /// What Submit would charge. Errors: kInvalidArgument for sizes beyond the limits.
  Result<Estimate> EstimateJob(const EstimateRequest& request);

  /// The key as it is now: credits.
  Result<KeyRecord> Balance(const KeyRecord& key);

  /// A blob by its id, whoever asks: the signature has been checked.
  /// Errors: kNotFound (never was), kGone (removed).
  Result<StoredFile> FindFile(std::string_view blob_id);

  /// For readiness. Errors: kUnavailable, kOutOfSpace, saying what is not well.
  Status CheckReady();

  Result<ServiceStats> Stats();

  /// Secret of this store for signing URLs; made once, kept in the store.
  const std::string& url_secret() const;

 private:
  struct State;
  explicit JobService(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace recover

// One job as the store holds it and as its states may move.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "image/image.h"
#include "jobs/request_settings.h"

namespace recover {

using UnixTime = std::chrono::sys_seconds;

enum class JobState { kPending, kProcessing, kCompleted, kCancelled, kFailed };

/// "Pending" ...: exactly as the API spells them.
std::string_view JobStateName(JobState state);
Result<JobState> ParseJobState(std::string_view name);

/// True for the three that nothing leaves.
bool IsFinal(JobState state);

/// The only moves there are:
///   Pending    -> Processing (claimed), Cancelled, Failed (its input is gone)
///   Processing -> Completed, Cancelled, Failed, Pending (worker lost or drained)
bool IsLegalMove(JobState from, JobState to);

/// A job. A value type.
struct JobRecord {
  int64_t sequence = 0;    ///< Order of arrival; grows, never reused.
  std::string process_id;  ///< UUID.
  int64_t key_id = 0;      ///< Whose it is.
  std::string source_id;   ///< UUID of the input blob.
  std::string output_id;   ///< UUID of the output blob; empty until Completed.
  std::string filename;    ///< As the client called it: for people only, never for the disk.
  FileFormat input_format = FileFormat::kJpeg;
  Size input_size;   ///< After EXIF orientation.
  Size output_size;  ///< Settled at submit.
  RequestSettings settings;
  std::string options_json;  ///< What was given and chosen; a JSON text.
  JobState state = JobState::kPending;
  int progress = 0;  ///< 0..100, never falling.
  UnixTime eta;
  UnixTime creation_time;
  UnixTime modification_time;  ///< Never before creation_time.
  int64_t credits = 0;
  std::string message;      ///< Of a Failed job: what went wrong and what to do.
  std::string webhook_url;  ///< Empty = none.
  std::string origin;       ///< "http://host:port" that the client used; for URLs in webhooks.
  int attempts = 0;         ///< Times a worker took it up; times it was given back do not count.
  int claim_number = 0;     ///< Times it was claimed at all: the fence of the latest claim.
  std::string worker_id;    ///< Who has it or had it last.

  double output_megapixels() const { return static_cast<double>(output_size.area()) / 1e6; }
};

/// ceil(output MP / 4), at least 1.
int64_t CreditsFor(Size output);

}  // namespace recover

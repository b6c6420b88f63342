// What settles a job before it is one: Submit, EstimateJob.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <soci/soci.h>

#include "base/ids.h"
#include "base/strings.h"
#include "codec/picture.h"
#include "jobs/chosen_settings.h"
#include "jobs/credits.h"
#include "jobs/job_service_state.h"
#include "jobs/job_store.h"
#include "jobs/job_text.h"
#include "pipeline/frame_plan.h"

namespace recover {
namespace {

constexpr int kMaxSide = 32000;

std::string MegapixelText(int64_t pixels) { return std::to_string(pixels / 1'000'000) + " MP"; }

Status OutputTooLarge(const ServiceLimits& limits) {
  return {StatusCode::kTooLarge, "Output image dimensions exceed maximum allowed of " +
                                     MegapixelText(limits.max_output_pixels) + "."};
}

Status InputTooLarge(const ServiceLimits& limits) {
  return {StatusCode::kTooLarge, "Input image dimensions exceed maximum allowed of " +
                                     MegapixelText(limits.max_input_pixels) + "."};
}

Status NoSource() {
  return {StatusCode::kInvalidArgument,
          "source_id is not that of a picture kept here: unknown, or removed after 7 days. Send "
          "the picture again."};
}

/// Reads the picture's header. Errors: as JobService::Submit says.
Result<InputRecord> InspectUpload(const BlobWriter& upload, const KeyRecord& key,
                                  const SubmitRequest& request, const JobService::Parts& parts) {
  const ServiceLimits& limits = parts.limits;
  Result<Picture> picture = Picture::Open(Input::FromFile(upload.temporary_path(), "The picture"),
                                          {.max_pixels = limits.max_input_pixels});
  if (!picture) {
    const Status& error = picture.error();
    // The codec's sentence is about its own option; the API has words of its own.
    if (error.code() == StatusCode::kTooLarge) {
      return InputTooLarge(limits);
    }
    return error;
  }
  const PictureInfo& info = picture->info();
  RECOVER_RETURN_IF_ERROR(CheckInputPixels(info.size, limits));
  return InputRecord{.source_id = upload.id(),
                     .key_id = key.key_id,
                     .filename = StoredFileName(request.filename, info.format),
                     .format = info.format,
                     .size = info.size,
                     .bytes = info.file_bytes,
                     .uploaded_at = UnixNow(parts.database->clock())};
}

/// The key's own input that is neither removed nor past its time. Errors: kInvalidArgument.
Result<InputRecord> FindSource(soci::session& sql, const KeyRecord& key,
                               const std::string& source_id, UnixTime uploaded_after) {
  const std::optional<InputRecord> input = FindInput(sql, source_id);
  if (!input || input->key_id != key.key_id || input->uploaded_at < uploaded_after) {
    return NoSource();
  }
  return *input;
}

/// What can be refused without holding up other writers, and before files are synced.
Status CheckRoom(soci::session& sql, int64_t key_id, const ServiceLimits& limits) {
  const long long key = key_id;
  int is_revoked = 1;
  sql << "SELECT is_revoked FROM keys WHERE key_id = :key", soci::into(is_revoked), soci::use(key);
  if (is_revoked != 0) {
    return {StatusCode::kUnauthenticated, "The API key has been revoked."};
  }
  long long pending = 0;
  sql << "SELECT COUNT(*) FROM jobs WHERE state = 'Pending' AND ended_at = 0", soci::into(pending);
  if (pending >= limits.max_queue) {
    return {StatusCode::kBusy, "The queue is full: " + std::to_string(pending) +
                                   " jobs wait already. Try again in a while."};
  }
  return Status::Ok();
}

JobRecord MakeJob(const KeyRecord& key, SubmitRequest& request, const InputRecord& input,
                  Size output, UnixTime now) {
  JobRecord job;
  job.process_id = NewUuid();
  job.key_id = key.key_id;
  job.source_id = input.source_id;
  job.filename =
      request.filename.empty() ? input.filename : StoredFileName(request.filename, input.format);
  job.input_format = input.format;
  job.input_size = input.size;
  job.output_size = output;
  job.options_json = OptionsJson(request.settings, ChooseSettings(request.settings));
  job.settings = std::move(request.settings);
  job.creation_time = now;
  job.modification_time = now;
  job.credits = CreditsFor(output);
  job.webhook_url = std::move(request.webhook_url);
  job.origin = std::move(request.origin);
  return job;
}

Status CheckCredits(soci::session& sql, const JobRecord& job) {
  const long long key = job.key_id;
  long long available = 0;
  sql << "SELECT granted - reserved - consumed FROM keys WHERE key_id = :key",
      soci::into(available), soci::use(key);
  return available >= job.credits ? Status::Ok()
                                  : Status(StatusCode::kNoCredits, "Insufficient funds.");
}

/// The job as it will be stored, if nothing speaks against it by now.
Result<JobRecord> Prepare(const KeyRecord& key, SubmitRequest& request,
                          const std::optional<InputRecord>& new_input,
                          const JobService::Parts& parts) {
  const UnixTime now = UnixNow(parts.database->clock());
  JobRecord job;
  const Status status = parts.database->Read([&](soci::session& sql) -> Status {
    RECOVER_RETURN_IF_ERROR(CheckRoom(sql, key.key_id, parts.limits));
    InputRecord input;
    if (new_input) {
      input = *new_input;
    } else {
      const std::string& source_id = std::get<StoredSource>(request.input).source_id;
      RECOVER_ASSIGN_OR_RETURN(input,
                               FindSource(sql, key, source_id, now - parts.limits.retention));
    }
    RECOVER_ASSIGN_OR_RETURN(const Size output,
                             PlanOutput(request.settings, input.size, parts.limits));
    job = MakeJob(key, request, input, output, now);
    return CheckCredits(sql, job);
  });
  if (!status.ok()) {
    return status;
  }
  return job;
}

/// All rows of the job, or none. What Prepare saw is checked again: nobody else writes now.
Status Store(JobRecord& job, const KeyRecord& key, const std::optional<InputRecord>& new_input,
             const JobService::Parts& parts) {
  return parts.database->Write([&](soci::session& sql) -> Status {
    RECOVER_RETURN_IF_ERROR(CheckRoom(sql, key.key_id, parts.limits));
    if (new_input) {
      InsertInput(sql, *new_input);
    } else {
      RECOVER_RETURN_IF_ERROR(
          FindSource(sql, key, job.source_id, job.creation_time - parts.limits.retention).error());
    }
    InsertJob(sql, job);
    return ReserveCredits(sql, job, job.creation_time);
  });
}

}  // namespace

Status CheckInputPixels(Size input, const ServiceLimits& limits) {
  return input.area() > limits.max_input_pixels ? InputTooLarge(limits) : Status::Ok();
}

Result<Size> PlanOutput(const RequestSettings& settings, Size input, const ServiceLimits& limits) {
  if (!CanEncode(settings.output_format)) {
    return Status(StatusCode::kInvalidArgument,
                  "output_format " + std::string(FileFormatName(settings.output_format)) +
                      " cannot be written by this server; choose jpeg, png or tiff.");
  }
  // The sides are checked below: a picture that is too large in all says so first.
  const Result<FramePlan> plan = PlanFrame(input,
                                           {.width = settings.output_width,
                                            .height = settings.output_height,
                                            .crop_to_fill = settings.crop_to_fill},
                                           {.max_input_pixels = std::numeric_limits<int64_t>::max(),
                                            .max_output_pixels = limits.max_output_pixels,
                                            .max_side_px = std::numeric_limits<int>::max()});
  if (!plan) {
    return plan.error().code() == StatusCode::kTooLarge ? OutputTooLarge(limits) : plan.error();
  }
  const Size output = plan->output;
  if (output.width > kMaxSide || output.height > kMaxSide) {
    return Status(StatusCode::kInvalidArgument,
                  std::string(output.width > kMaxSide ? "output_width" : "output_height") +
                      " would be " + std::to_string(std::max(output.width, output.height)) +
                      " for this picture; 1 to 32000 is allowed.");
  }
  if (const Status fits = CheckFormatLimits(settings.output_format, output); !fits.ok()) {
    return Status(StatusCode::kInvalidArgument,
                  "output_width and output_height: " + fits.message());
  }
  return output;
}

Status CheckFreeSpace(const BlobStore& blobs, const ServiceLimits& limits) {
  RECOVER_ASSIGN_OR_RETURN(const int64_t free_bytes, blobs.FreeBytes());
  if (free_bytes < limits.min_free_bytes) {
    return {StatusCode::kOutOfSpace, "The server's disk is nearly full (" + HumanBytes(free_bytes) +
                                         " free); try again later."};
  }
  return Status::Ok();
}

Result<JobRecord> JobService::Submit(const KeyRecord& key, SubmitRequest request) {
  const Parts& parts = state_->parts;
  RECOVER_RETURN_IF_ERROR(CheckFreeSpace(*parts.blobs, parts.limits));
  auto* upload = std::get_if<BlobWriter>(&request.input);
  std::optional<InputRecord> new_input;
  if (upload) {
    RECOVER_ASSIGN_OR_RETURN(new_input, InspectUpload(*upload, key, request, parts));
  }
  RECOVER_ASSIGN_OR_RETURN(JobRecord job, Prepare(key, request, new_input, parts));
  if (upload) {
    RECOVER_RETURN_IF_ERROR(upload->Commit());
  }
  if (const Status stored = Store(job, key, new_input, parts); !stored.ok()) {
    if (upload) {
      // What cannot be removed now is swept at the next start.
      static_cast<void>(parts.blobs->Remove(job.source_id).ok());
    }
    return stored;
  }
  state_->forecast.Add(job);
  job.eta = state_->forecast.EtaOf(job);
  LogJob(job);
  if (parts.on_new_job) {
    parts.on_new_job();
  }
  return job;
}

Result<Estimate> JobService::EstimateJob(const EstimateRequest& request) {
  const ServiceLimits& limits = state_->parts.limits;
  Status status = CheckInputPixels(request.input, limits);
  Result<Size> output =
      status.ok() ? PlanOutput(request.settings, request.input, limits) : Result<Size>(status);
  if (!output) {
    // Nothing was sent that would be too large: the numbers are.
    return Status(StatusCode::kInvalidArgument, output.error().message());
  }
  const double seconds =
      state_->forecast.SecondsOf(request.settings, static_cast<double>(output->area()) / 1e6);
  return Estimate{.duration_seconds = std::max<int64_t>(1, std::llround(std::ceil(seconds))),
                  .credits = CreditsFor(*output)};
}

}  // namespace recover

#include "jobs/job_run.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <functional>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

#include "base/log.h"
#include "jobs/chosen_settings.h"
#include "jobs/failure_text.h"
#include "jobs/job_watch.h"

namespace recover {
namespace {

constexpr std::chrono::milliseconds kRetryPause{500};

/// For sentences: the client's name of the picture, not where it lies here.
std::string NameOf(const JobRecord& job) {
  return job.filename.empty() ? "The picture" : job.filename;
}

/// Waits for `pause` or a stop; false when a stop came.
bool Pause(const std::stop_token& stop, std::chrono::milliseconds pause) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, pause, [] { return false; });
  return !stop.stop_requested();
}

bool MayPass(StatusCode code) {
  return code == StatusCode::kUnavailable || code == StatusCode::kIoError;
}

/// Writes the job's end to the store. A store that cannot be written now is asked again:
/// the job is finished, only nobody knows yet.
Result<ClaimStatus> Settle(const Claim& claim, const std::stop_token& stop,
                           const std::function<Result<ClaimStatus>()>& write) {
  while (true) {
    Result<ClaimStatus> settled = write();
    if (settled || !MayPass(settled.error().code())) {
      return settled;
    }
    Log(LogLevel::kWarning, "job not settled yet",
        {{"job", claim.job.process_id}, {"error", settled.error().message()}});
    if (!Pause(stop, kRetryPause)) {
      return settled;
    }
  }
}

/// A finished output on its way into the store.
struct Finished {
  BlobWriter output;
  JobReport report;
};

Result<Finished> Enhance(const Claim& claim, const Engine& engine, const JobRunParts& parts,
                         JobWatch& watch) {
  const JobRecord& job = claim.job;
  RECOVER_ASSIGN_OR_RETURN(BlobWriter output, parts.blobs->Begin());
  const Input input = Input::FromFile(parts.blobs->PathOf(job.source_id), NameOf(job));
  const RunContext context = watch.MakeContext();
  RECOVER_ASSIGN_OR_RETURN(JobReport report,
                           engine.Run(input, JobSettingsOf(job), output.temporary_path(), context));
  RECOVER_RETURN_IF_ERROR(context.CheckStop());
  RECOVER_RETURN_IF_ERROR(output.Commit());
  return Finished{std::move(output), std::move(report)};
}

/// The same with what third parties throw turned into a status: it fails this job alone.
Result<Finished> EnhanceCaught(const Claim& claim, const Engine& engine, const JobRunParts& parts,
                               JobWatch& watch) {
  try {
    return Enhance(claim, engine, parts, watch);
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kTooLarge, "out of memory");
  } catch (const std::exception& error) {
    return Status(StatusCode::kInternal, error.what());
  }
}

/// Seconds of the job's own work: those of waiting for the device are not its own.
JobSeconds SecondsOf(const StageSeconds& stages, double waited) {
  return {.decode = stages.decode,
          .resample = stages.resample,
          .network = std::max(0.0, stages.network - waited),
          .encode = stages.encode,
          .total = std::max(0.0, stages.total - waited)};
}

void CompleteJob(const Claim& claim, const Engine& engine, const JobRunParts& parts,
                 const Finished& finished, double waited, const std::stop_token& stop) {
  const JobRecord& job = claim.job;
  ChosenSettings chosen = ChooseSettings(job.settings);
  chosen.seed = finished.report.seed;
  chosen.tone_changed = finished.report.tone_changed;
  chosen.has_creativity = engine.manifest().HasCreativity();
  const JobSeconds seconds = SecondsOf(finished.report.seconds, waited);
  const std::string options = OptionsJson(job.settings, chosen);
  const auto settled = Settle(claim, stop, [&] {
    return parts.queue->Complete(claim, finished.output.id(), options, seconds);
  });
  if (settled && *settled == ClaimStatus::kMine) {
    Log(LogLevel::kDebug, "output in place",
        {{"job", job.process_id},
         {"megapixels", job.output_megapixels()},
         {"seconds", seconds.total},
         {"network_seconds", seconds.network},
         {"waited_seconds", waited},
         {"bytes", finished.report.output_bytes}});
    return;
  }
  // Nobody will ask for it: the job is cancelled, lost, or taken up again later.
  if (const Status removed = parts.blobs->Remove(finished.output.id()); !removed.ok()) {
    Log(LogLevel::kWarning, "output not removed",
        {{"job", job.process_id}, {"error", removed.message()}});
  }
  if (!settled) {
    FailJob(claim, parts, settled.error(), stop);
  }
}

void SettleStopped(const Claim& claim, const JobRunParts& parts, RunEnd end,
                   const std::stop_token& stop) {
  const std::string& id = claim.job.process_id;
  switch (end) {
    case RunEnd::kCancelled:
      Log(LogLevel::kDebug, "cancelled run ended", {{"job", id}});
      return;
    case RunEnd::kLost:
      Log(LogLevel::kWarning, "job was given to another worker", {{"job", id}});
      return;
    case RunEnd::kTimeout: {
      const auto limit = std::chrono::ceil<std::chrono::seconds>(parts.job_timeout).count();
      Log(LogLevel::kWarning, "job took too long", {{"job", id}, {"limit_seconds", limit}});
      static_cast<void>(
          Settle(claim, stop, [&] { return parts.queue->Fail(claim, TimeoutText(limit)); }));
      return;
    }
    default: {
      const auto given = parts.queue->GiveBack(claim);
      if (!given) {
        Log(LogLevel::kWarning, "job not given back",
            {{"job", id}, {"error", given.error().message()}});
      }
      return;
    }
  }
}

}  // namespace

JobSettings JobSettingsOf(const JobRecord& job) {
  const RequestSettings& wished = job.settings;
  JobSettings settings;
  settings.size = {.scale = {},
                   .width = wished.output_width,
                   .height = wished.output_height,
                   .crop_to_fill = wished.crop_to_fill};
  // Sizes were checked at submit, against this server's limits: what was let in is done.
  constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();
  settings.limits = {.max_input_pixels = job.input_size.area(),
                     .max_output_pixels = kNoLimit,
                     .max_side_px = std::numeric_limits<int>::max()};
  const ChosenSettings chosen = ChooseSettings(wished);
  settings.creativity = chosen.creativity;
  settings.tone = chosen.corrects_tone ? ToneMode::kAuto : ToneMode::kKeep;
  settings.seed = wished.seed;
  settings.format = wished.output_format;
  return settings;
}

void FailJob(const Claim& claim, const JobRunParts& parts, const Status& why,
             const std::stop_token& stop) {
  // The store's line has the sentence for people; this one has what really happened.
  Log(LogLevel::kWarning, "job fails",
      {{"job", claim.job.process_id},
       {"code", StatusCodeName(why.code())},
       {"error", why.message()}});
  while (true) {
    const auto settled =
        Settle(claim, stop, [&] { return parts.queue->Fail(claim, FailureText(why)); });
    // A full disk may have space again when others have cleared away.
    const bool is_disk_full = !settled && settled.error().code() == StatusCode::kOutOfSpace;
    if (!is_disk_full || !Pause(stop, kRetryPause)) {
      return;
    }
  }
}

void RunJob(const Claim& claim, const Engine& engine, const JobRunParts& parts,
            const std::stop_token& stop) {
  JobWatch watch(claim, parts, stop);
  const Result<Finished> finished = EnhanceCaught(claim, engine, parts, watch);
  if (finished) {
    CompleteJob(claim, engine, parts, *finished, watch.waited_seconds(), stop);
  } else if (finished.error().code() == StatusCode::kCancelled && watch.end() != RunEnd::kNone) {
    SettleStopped(claim, parts, watch.end(), stop);
  } else {
    FailJob(claim, parts, finished.error(), stop);
  }
}

}  // namespace recover

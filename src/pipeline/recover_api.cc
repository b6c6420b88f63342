// include/recover/recover.h over the pipeline. Nothing thrown may get out of here.
#include <cstdlib>
#include <new>

#include <recover/recover.h>

#include "base/strings.h"
#include "base/version.h"
#include "pipeline/enhance_file.h"

namespace recover {
namespace {

Error ErrorFrom(const Status& status) {
  switch (status.code()) {
    case StatusCode::kInvalidArgument:
      return {ErrorKind::kInvalidArgument, status.message()};
    case StatusCode::kNotFound:
      return {ErrorKind::kNotFound, status.message()};
    case StatusCode::kAlreadyExists:
      return {ErrorKind::kAlreadyExists, status.message()};
    case StatusCode::kUnsupportedFormat:
      return {ErrorKind::kUnsupportedFormat, status.message()};
    case StatusCode::kCorruptInput:
    case StatusCode::kUnprocessable:
      return {ErrorKind::kCorruptInput, status.message()};
    case StatusCode::kTooLarge:
      return {ErrorKind::kTooLarge, status.message()};
    case StatusCode::kPermissionDenied:
      return {ErrorKind::kPermissionDenied, status.message()};
    case StatusCode::kOutOfSpace:
      return {ErrorKind::kOutOfSpace, status.message()};
    case StatusCode::kCancelled:
      return {ErrorKind::kCancelled, status.message()};
    case StatusCode::kUnavailable:
      return {ErrorKind::kUnavailable, status.message()};
    case StatusCode::kIoError:
      return {ErrorKind::kIoError, status.message()};
    default:
      return {ErrorKind::kInternal, status.message()};
  }
}

ToneMode ToneFrom(ToneChoice choice) {
  switch (choice) {
    case ToneChoice::kKeep:
      return ToneMode::kKeep;
    case ToneChoice::kNeutral:
      return ToneMode::kNeutral;
    default:
      return ToneMode::kAuto;
  }
}

Device DeviceFrom(DeviceChoice choice) {
  switch (choice) {
    case DeviceChoice::kCpu:
      return Device::kCpu;
    case DeviceChoice::kGpu:
      return Device::kGpu;
    default:
      return Device::kAuto;
  }
}

/// `folder`, else what RECOVER_MODELS names, else empty.
std::filesystem::path ModelsFolder(const std::filesystem::path& folder) {
  const char* variable = std::getenv("RECOVER_MODELS");
  return folder.empty() && variable != nullptr ? std::filesystem::path(variable) : folder;
}

/// `wished`, else that of `output`'s extension, else the input's where it can be written.
Result<FileFormat> FormatOf(const std::string& wished, const std::filesystem::path& output,
                            const PictureInfo& info) {
  if (!wished.empty()) {
    return ParseFormatName(wished);
  }
  if (output.has_extension()) {
    return ParseFormatName(output.extension().string());
  }
  return CanEncode(info.format) && info.format != FileFormat::kHeic ? info.format
                                                                    : FileFormat::kJpeg;
}

Result<JobSettings> JobFrom(const Engine& engine, const Input& input,
                            const std::filesystem::path& output, const EnhanceSettings& settings) {
  const auto bad = [](const char* sentence) {
    return Status(StatusCode::kInvalidArgument, sentence);
  };
  if (settings.creativity < 1 || settings.creativity > 9) {
    return bad("creativity must be from 1 (faithful) to 9 (inventive).");
  }
  if (settings.quality < 0 || settings.quality > 100) {
    return bad("quality must be from 1 to 100, or 0 for the format's habit.");
  }
  if (settings.seed.value_or(0) < 0) {
    return bad("seed must be 0 or more.");
  }
  JobSettings job;
  job.size = {.scale = settings.scale,
              .width = settings.width,
              .height = settings.height,
              .crop_to_fill = settings.crop_to_fill};
  job.limits.max_input_pixels = settings.max_input_pixels;
  job.limits.max_output_pixels = settings.max_output_pixels;
  job.creativity = settings.creativity;
  job.tone = ToneFrom(settings.tone);
  job.seed = settings.seed;
  job.quality = settings.quality;
  job.profile = settings.profile == ProfileChoice::kSrgb ? ProfileMode::kSrgb : ProfileMode::kKeep;
  job.strip_metadata = settings.strip_metadata;
  RECOVER_ASSIGN_OR_RETURN(const PictureInfo info, engine.Inspect(input, job.limits));
  RECOVER_ASSIGN_OR_RETURN(job.format, FormatOf(settings.format, output, info));
  return job;
}

RunContext ContextFrom(const EnhanceControl& control) {
  RunContext context;
  context.stop = control.stop;
  if (control.progress) {
    context.progress = [progress = control.progress](int64_t done, int64_t total) {
      progress(total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0.0);
    };
  }
  return context;
}

EnhanceReport ReportFrom(const JobReport& report, FileFormat format) {
  const FramePlan& frame = report.plan.frame;
  return {.input_width = frame.input.width,
          .input_height = frame.input.height,
          .output_width = frame.output.width,
          .output_height = frame.output.height,
          .format = AsciiLower(FileFormatName(format)),
          .seed = report.seed,
          .workers = report.plan.workers,
          .decode_seconds = report.seconds.decode,
          .resample_seconds = report.seconds.resample,
          .network_seconds = report.seconds.network,
          .encode_seconds = report.seconds.encode,
          .total_seconds = report.seconds.total,
          .peak_bytes = report.peak_bytes};
}

Result<EnhanceReport> FileFrom(const Engine& engine, const std::filesystem::path& input_path,
                               const std::filesystem::path& output, const EnhanceSettings& settings,
                               const EnhanceControl& control) {
  const Input input = Input::FromFile(input_path);
  RECOVER_ASSIGN_OR_RETURN(const JobSettings job, JobFrom(engine, input, output, settings));
  std::error_code error;
  if (std::filesystem::equivalent(input_path, output, error) && !error) {
    return Status(StatusCode::kInvalidArgument,
                  output.string() + " is the input; inputs are never written over.");
  }
  const FileJob file{.input = input,
                     .output = output,
                     .settings = job,
                     .on_existing = settings.overwrite ? OnExisting::kReplace : OnExisting::kKeep,
                     .before_commit = {}};
  RECOVER_ASSIGN_OR_RETURN(const JobReport report, EnhanceFile(engine, file, ContextFrom(control)));
  return ReportFrom(report, job.format);
}

Result<EnhancedBytes> BytesFrom(const Engine& engine, std::string bytes, std::string_view name,
                                const EnhanceSettings& settings, const EnhanceControl& control) {
  const Input input = Input::FromMemory(std::move(bytes), std::string(name));
  RECOVER_ASSIGN_OR_RETURN(const JobSettings job, JobFrom(engine, input, {}, settings));
  RECOVER_ASSIGN_OR_RETURN(EnhancedMemory made,
                           EnhanceInMemory(engine, input, job, ContextFrom(control)));
  return EnhancedBytes{std::move(made.bytes), ReportFrom(made.report, job.format)};
}

/// Runs `work` and makes an Outcome of what comes, be it thrown.
template <typename T, typename Work>
Outcome<T> Guarded(const Work& work) {
  try {
    Result<T> result = work();
    if (!result) {
      return ErrorFrom(result.error());
    }
    return *std::move(result);
  } catch (const std::bad_alloc&) {
    return Error{ErrorKind::kTooLarge, "Out of memory."};
  } catch (const std::exception& error) {
    return Error{ErrorKind::kInternal, error.what()};
  }
}

}  // namespace

class Enhancer::Impl {
 public:
  std::unique_ptr<Engine> engine;
};

Enhancer::Enhancer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Enhancer::Enhancer(Enhancer&&) noexcept = default;
Enhancer& Enhancer::operator=(Enhancer&&) noexcept = default;
Enhancer::~Enhancer() = default;

Outcome<Enhancer> Enhancer::Load(const LoadOptions& options) {
  auto engine = Guarded<std::unique_ptr<Engine>>([&options] {
    return Engine::Load({.model = options.model,
                         .models_folder = ModelsFolder(options.models_folder),
                         .device = DeviceFrom(options.device),
                         .threads = options.threads,
                         .memory_bytes = options.memory_bytes,
                         .tile_px = options.tile_px,
                         .temp_folder = options.temp_folder});
  });
  if (!engine) {
    return engine.error();
  }
  auto impl = std::make_unique<Impl>();
  impl->engine = std::move(*engine);
  return Enhancer(std::move(impl));
}

Outcome<EnhanceReport> Enhancer::EnhanceFile(const std::filesystem::path& input,
                                             const std::filesystem::path& output,
                                             const EnhanceSettings& settings,
                                             const EnhanceControl& control) const {
  return Guarded<EnhanceReport>(
      [&] { return FileFrom(*impl_->engine, input, output, settings, control); });
}

Outcome<EnhancedBytes> Enhancer::EnhanceBytes(std::string bytes, std::string_view name,
                                              const EnhanceSettings& settings,
                                              const EnhanceControl& control) const {
  return Guarded<EnhancedBytes>(
      [&] { return BytesFrom(*impl_->engine, std::move(bytes), name, settings, control); });
}

std::string_view Version() { return kVersion; }

}  // namespace recover

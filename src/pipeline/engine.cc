#include "pipeline/engine.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/version.h"
#include "image/bleed_rows.h"
#include "image/image_rows.h"
#include "image/pad_rows.h"
#include "neural/model_store.h"
#include "pipeline/memory_plan.h"
#include "pipeline/stage_rows.h"
#include "restore/general_network.h"
#include "restore/restore_rows.h"

namespace recover {
namespace {

using Duration = std::chrono::steady_clock::duration;

// The program itself with its libraries and a small network, before any picture.
// Measured: VmHWM of `recover enhance` on a 64x64 PNG, 2026-11.
constexpr int64_t kProcessBytes = int64_t{96} << 20;

// Whole pictures above this go to disk; a small budget gives less.
constexpr int64_t kMaxSpoolBytes = int64_t{64} << 20;

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

bool HasAlpha(int channels) { return channels == 2 || channels == 4; }

/// Bytes of file for a pixel of photograph; for the estimate of disk alone.
double BytesPerPixel(FileFormat format, int channels, int bits) {
  const double raw = channels * bits / 8.0;
  switch (format) {
    case FileFormat::kPng:
      return raw * 0.6;
    case FileFormat::kTiff:
      return raw * 0.8;
    case FileFormat::kJpeg:
      return 0.5;
    case FileFormat::kAvif:
      return 0.2;
    default:
      return 0.35;
  }
}

/// Integers in plain sRGB hold nothing outside [0, 1]; what the filter adds beyond is
/// overshoot, not colour.
bool IsInsideUnit(const PictureInfo& info) {
  const bool is_srgb = !info.has_profile || info.profile_name.starts_with("sRGB");
  const bool is_plain =
      info.stored_model == ColourModel::kRgb || info.stored_model == ColourModel::kGrey;
  return is_srgb && is_plain && !info.is_float;
}

ResampleOptions ResampleOptionsOf(const JobPlan& plan) {
  return {
      .size = plan.frame.picture, .crop = plan.frame.crop, .clamp_unit = IsInsideUnit(plan.input)};
}

/// Wall time at the end of each stage, that of the stages before it included.
struct StageSums {
  Duration decode = {};
  Duration resample = {};
  Duration network = {};
};

Result<std::string> HashOf(const Input& input) {
  return input.is_file() ? Sha256HexOfFile(input.path()) : Sha256Hex(*input.bytes());
}

int64_t SeedFrom(const std::string& sha256) {
  uint64_t seed = 0;
  for (const char digit : sha256.substr(0, 16)) {
    seed = seed * 16 + static_cast<uint64_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  return static_cast<int64_t>(seed & INT64_MAX);
}

}  // namespace

struct Engine::State {
  EngineOptions options;
  std::unique_ptr<GeneralNetwork> network;

  DecodeOptions DecodeOptionsFor(const PixelLimits& limits) const {
    return {.max_pixels = limits.max_input_pixels,
            .spool_budget_bytes = SpoolBudget(),
            .spool_dir = options.temp_folder};
  }

  EncodeOptions EncodeOptionsFor(const JobSettings& settings, int bits) const {
    EncodeOptions encode;
    encode.format = settings.format;
    encode.quality = settings.quality;
    encode.strip_metadata = settings.strip_metadata;
    encode.profile = settings.profile;
    encode.bits_per_sample = bits;
    encode.spool_budget_bytes = SpoolBudget();
    encode.spool_dir = options.temp_folder;
    return encode;
  }

  int64_t SpoolBudget() const { return std::min(kMaxSpoolBytes, options.memory_bytes / 8); }

  /// What the whole way of the picture holds with `workers` tiles at once.
  int64_t MemoryWith(const JobPlan& plan, const TilePlan& tiles, const EncodeOptions& encode,
                     int workers) const {
    const int channels = plan.input.channels;
    int64_t bytes = kProcessBytes + plan.input.decode_memory_bytes;
    bytes += ResampleRows::MemoryBytes(plan.input.size, channels, ResampleOptionsOf(plan));
    if (HasAlpha(channels)) {
      bytes += BleedMap::MemoryBytes(plan.input.size, channels);
    }
    bytes += RestoreMemoryBytes(network->manifest(), tiles, channels, workers);
    return bytes + EncodeMemoryBytes(plan.frame.output, plan.output_channels, encode);
  }

  /// Decoder, bled under alpha where there is any, its tone set right. `decode` takes the time of
  /// all passes.
  Result<std::unique_ptr<RowSource>> OpenSource(const Picture& picture, ToneMode tone,
                                                const RunContext& context, StageSums& sums,
                                                bool& tone_changed) const;
  Result<std::unique_ptr<RowSource>> OpenChain(const Picture& picture, const JobPlan& plan,
                                               const JobSettings& settings, int64_t seed,
                                               const RunContext& context, StageSums& sums,
                                               bool& tone_changed) const;
};

Result<std::unique_ptr<RowSource>> Engine::State::OpenSource(const Picture& picture, ToneMode tone,
                                                             const RunContext& context,
                                                             StageSums& sums,
                                                             bool& tone_changed) const {
  const Clock& clock = Clock::Real();
  const auto open = [&]() -> Result<std::unique_ptr<RowSource>> {
    const auto begin = clock.Now();
    RECOVER_ASSIGN_OR_RETURN(auto rows, picture.OpenRows(context.stop));
    sums.decode += clock.Now() - begin;
    return std::unique_ptr<RowSource>(
        std::make_unique<TimedRows>(std::move(rows), clock, sums.decode));
  };
  // What a stage must know of the whole picture takes a pass of its own.
  ToneCurve curve;
  if (tone != ToneMode::kKeep) {
    RECOVER_ASSIGN_OR_RETURN(const auto all, open());
    RECOVER_ASSIGN_OR_RETURN(const ToneStatistics tones, ToneStatistics::Measure(*all, context));
    curve = PlanTone(tones, tone);
    tone_changed = !curve.is_identity();
  }
  RECOVER_ASSIGN_OR_RETURN(auto rows, open());
  if (HasAlpha(rows->channels())) {
    RECOVER_ASSIGN_OR_RETURN(BleedMap map, BleedMap::Build(*rows, context));
    RECOVER_ASSIGN_OR_RETURN(rows, open());
    if (!map.is_idle()) {
      rows = std::make_unique<BleedRows>(std::move(rows), std::move(map));
    }
  }
  if (tone_changed) {
    rows = std::make_unique<ToneRows>(std::move(rows), curve);
  }
  return rows;
}

// The one picture's way, from top to bottom.
Result<std::unique_ptr<RowSource>> Engine::State::OpenChain(
    const Picture& picture, const JobPlan& plan, const JobSettings& settings, int64_t seed,
    const RunContext& context, StageSums& sums, bool& tone_changed) const {
  const Clock& clock = Clock::Real();
  RECOVER_ASSIGN_OR_RETURN(std::unique_ptr<RowSource> rows,
                           OpenSource(picture, settings.tone, context, sums, tone_changed));
  // What a first pass over the picture took is not to be counted as resampling.
  sums.resample = sums.network = sums.decode;
  rows = std::make_unique<ResampleRows>(std::move(rows), ResampleOptionsOf(plan), context.pool);
  rows = std::make_unique<TimedRows>(std::move(rows), clock, sums.resample);
  const RestoreOptions restore{
      .settings = {.scale = plan.frame.scale(), .creativity = settings.creativity},
      .seed = static_cast<uint64_t>(seed),
      .tile_px = options.tile_px,
      .max_tiles_at_once = plan.workers};
  RECOVER_ASSIGN_OR_RETURN(rows, RestoreRows::Create(std::move(rows), *network, restore, context));
  rows = std::make_unique<TimedRows>(std::move(rows), clock, sums.network);
  if (plan.frame.has_border()) {
    const PadFill fill = SupportsAlpha(settings.format) ? PadFill::kTransparent : PadFill::kBlack;
    rows = std::make_unique<PadRows>(std::move(rows), plan.frame.output, plan.frame.left,
                                     plan.frame.top, fill);
  }
  return rows;
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::Load(const EngineOptions& options) {
  auto state = std::make_unique<State>();
  state->options = options;
  if (state->options.threads <= 0) {
    state->options.threads = AvailableCpus();
  }
  if (state->options.memory_bytes <= 0) {
    state->options.memory_bytes = AvailableMemoryBytes() / 2;
  }
  const ModelStore store(ModelSearchPath(options.models_folder));
  RECOVER_ASSIGN_OR_RETURN(StoredModel model, store.Load(options.model));
  RECOVER_ASSIGN_OR_RETURN(state->network,
                           GeneralNetwork::Create(std::move(model), options.device));
  state->options.device = state->network->device();
  // A tile side that cannot be is told now, not at each picture.
  const auto tiles = PlanRestore(state->network->manifest(), {64, 64}, 3, state->options.tile_px);
  if (!tiles) {
    return tiles.error();
  }
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

const Manifest& Engine::manifest() const { return state_->network->manifest(); }
const EngineOptions& Engine::options() const { return state_->options; }

Result<PictureInfo> Engine::Inspect(const Input& input, const PixelLimits& limits) const {
  RECOVER_ASSIGN_OR_RETURN(const Picture picture,
                           Picture::Open(input, state_->DecodeOptionsFor(limits)));
  return picture.info();
}

Result<JobPlan> Engine::Plan(const PictureInfo& info, const JobSettings& settings) const {
  JobPlan plan;
  plan.input = info;
  RECOVER_ASSIGN_OR_RETURN(plan.frame, PlanFrame(info.size, settings.size, settings.limits));
  plan.output_channels = info.channels;
  if (plan.frame.has_border() && SupportsAlpha(settings.format) && !HasAlpha(info.channels)) {
    ++plan.output_channels;
  }
  const bool is_deep = info.bits_per_sample > 8 || info.is_float;
  plan.output_bits = is_deep && Supports16Bit(settings.format) ? 16 : 8;
  const EncodeOptions encode = state_->EncodeOptionsFor(settings, plan.output_bits);
  RECOVER_RETURN_IF_ERROR(CheckEncodable(plan.frame.output, plan.output_channels, encode));

  RECOVER_ASSIGN_OR_RETURN(
      const TilePlan tiles,
      PlanRestore(manifest(), plan.frame.picture, info.channels, state_->options.tile_px));
  const int max_workers = state_->options.device == Device::kGpu
                              ? 2
                              : std::min(state_->options.threads, tiles.columns());
  RECOVER_ASSIGN_OR_RETURN(const MemoryPlan memory,
                           PlanMemory(state_->options.memory_bytes, max_workers, [&](int workers) {
                             return state_->MemoryWith(plan, tiles, encode, workers);
                           }));
  plan.workers = memory.workers;
  plan.memory_bytes = memory.bytes;
  plan.work_megapixels = static_cast<double>(plan.frame.picture.area()) * tiles.work_ratio() / 1e6;
  plan.output_bytes =
      static_cast<int64_t>(static_cast<double>(plan.frame.output.area()) *
                           BytesPerPixel(settings.format, plan.output_channels, plan.output_bits));
  return plan;
}

Result<JobReport> Engine::Run(const Input& input, const JobSettings& settings,
                              const std::filesystem::path& output,
                              const RunContext& context) const {
  const Clock& clock = Clock::Real();
  const auto begin = clock.Now();
  RECOVER_ASSIGN_OR_RETURN(const Picture picture,
                           Picture::Open(input, state_->DecodeOptionsFor(settings.limits)));
  JobReport report;
  auto plan = Plan(picture.info(), settings);
  if (!plan) {
    return plan.error().WithContext(input.name());
  }
  report.plan = *std::move(plan);
  RECOVER_ASSIGN_OR_RETURN(report.input_sha256, HashOf(input));
  report.seed = settings.seed.value_or(SeedFrom(report.input_sha256));

  ThreadPool pool(state_->options.threads);
  RunContext inner = context;
  inner.pool = &pool;
  StageSums sums;
  RECOVER_ASSIGN_OR_RETURN(const std::unique_ptr<RowSource> rows,
                           state_->OpenChain(picture, report.plan, settings, report.seed, inner,
                                             sums, report.tone_changed));
  const auto encode_begin = clock.Now();
  const Duration opening = sums.decode;
  RECOVER_RETURN_IF_ERROR(EncodeFile(*rows, picture.metadata(),
                                     state_->EncodeOptionsFor(settings, report.plan.output_bits),
                                     output));
  const Duration pulling = clock.Now() - encode_begin;

  report.seconds = {.decode = Seconds(sums.decode),
                    .resample = Seconds(sums.resample - sums.decode),
                    .network = Seconds(sums.network - sums.resample),
                    .encode = Seconds(pulling - (sums.network - opening)),
                    .total = Seconds(clock.Now() - begin)};
  std::error_code error;
  report.output_bytes = static_cast<int64_t>(std::filesystem::file_size(output, error));
  report.peak_bytes = PeakProcessBytes();
  return report;
}

std::string Engine::SettingsKey(const JobSettings& settings) const {
  const auto optional = [](const auto& value) { return value ? Json(*value) : Json(); };
  const Json key = {{"version", kVersion},
                    {"model_sha256", manifest().sha256},
                    {"device", DeviceName(state_->options.device)},
                    {"tile_px", state_->options.tile_px},
                    {"scale", optional(settings.size.scale)},
                    {"width", optional(settings.size.width)},
                    {"height", optional(settings.size.height)},
                    {"crop_to_fill", settings.size.crop_to_fill},
                    {"creativity", settings.creativity},
                    {"seed", optional(settings.seed)},
                    {"tone", static_cast<int>(settings.tone)},
                    {"format", FileFormatName(settings.format)},
                    {"quality", settings.quality},
                    {"profile", settings.profile == ProfileMode::kSrgb ? "srgb" : "keep"},
                    {"strip_metadata", settings.strip_metadata}};
  return Sha256Hex(DumpJson(key));
}

Result<double> Engine::MeasureSecondsPerMegapixel() const {
  // Large enough to keep the cores busy, small enough not to be noticed.
  constexpr Size kProbe{512, 512};
  const Clock& clock = Clock::Real();
  ThreadPool pool(state_->options.threads);
  RunContext context;
  context.pool = &pool;
  Duration best = Duration::max();
  // The first run also sets up buffers.
  for (int run = 0; run < 2; ++run) {
    RECOVER_ASSIGN_OR_RETURN(
        const auto rows, RestoreRows::Create(std::make_unique<ImageRows>(Image(kProbe, 3)),
                                             *state_->network, {.tile_px = kProbe.width}, context));
    const auto begin = clock.Now();
    RECOVER_RETURN_IF_ERROR(ReadImage(*rows).error());
    best = std::min(best, clock.Now() - begin);
  }
  return Seconds(best) / (static_cast<double>(kProbe.area()) / 1e6);
}

}  // namespace recover

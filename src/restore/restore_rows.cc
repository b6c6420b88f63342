// One band of tiles at a time: the rows under it are pulled into a ring, its tiles are
// restored side by side, and its rows wait in a buffer until they are read.
#include "restore/restore_rows.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "image/colour.h"
#include "image/for_rows.h"
#include "image/noise_field.h"
#include "restore/row_ring.h"
#include "restore/tile_pixels.h"
#include "restore/tile_schedule.h"

namespace recover {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMinTilePx = 16;
constexpr int kMaxTilePx = 16384;

/// Input rows kept: the band's own, and those that its mirrored bottom rows repeat.
int RingRows(const TilePlan& plan, const Manifest& manifest) {
  return plan.tile_size().height + manifest.multiple_px;
}

int TallestCore(const TilePlan& plan) {
  int tallest = 0;
  for (int band = 0; band < plan.bands(); ++band) {
    tallest = std::max(tallest, plan.tile(0, band).core.height);
  }
  return tallest;
}

/// What one tile at a time works in.
struct TileBuffers {
  TileBuffers(Size tile, int noise_channels)
      : image(3 * tile.area()),
        restored(3 * tile.area()),
        noise(tile.area() / 16 * noise_channels) {}

  static int64_t MemoryBytes(Size tile, int noise_channels) {
    return (6 * tile.area() + tile.area() / 16 * noise_channels) * int64_t{sizeof(float)};
  }

  std::vector<float> image;
  std::vector<float> restored;
  std::vector<float> noise;
};

}  // namespace

Result<TilePlan> PlanRestore(const Manifest& manifest, Size picture, int channels, int tile_px) {
  const int side = tile_px == 0 ? manifest.default_tile_px : tile_px;
  if (side < kMinTilePx || side > kMaxTilePx) {
    return Status(StatusCode::kInvalidArgument, "tile " + std::to_string(side) + " px is not in " +
                                                    std::to_string(kMinTilePx) + ".." +
                                                    std::to_string(kMaxTilePx));
  }
  TilePlanOptions options;
  options.core_px = side;
  options.multiple_px = manifest.multiple_px;
  options.radius_px = manifest.receptive_field_radius_px;
  if (HasAlpha(channels)) {
    options.radius_px = std::max(options.radius_px, kAlphaReachPx);
  }
  return TilePlan(picture, options);
}

int64_t RestoreMemoryBytes(const Manifest& manifest, const TilePlan& plan, int channels,
                           int tiles_at_once) {
  const int64_t band_samples = int64_t{plan.picture().width} * channels * TallestCore(plan);
  const int64_t tile = TileBuffers::MemoryBytes(plan.tile_size(), manifest.noise_channels) +
                       plan.tile_size().area() * manifest.activation_bytes_per_px;
  return RowRing::MemoryBytes(plan.picture(), channels, RingRows(plan, manifest)) +
         band_samples * int64_t{sizeof(float)} + tile * std::min(tiles_at_once, plan.columns());
}

class RestoreRows::Engine {
 public:
  Engine(std::unique_ptr<RowSource> source, const GeneralNetwork& network, const TilePlan& plan,
         const RestoreOptions& options, const RunContext& context)
      : source_(std::move(source)),
        network_(network),
        plan_(plan),
        context_(context),
        channels_(source_->channels()),
        noise_(options.seed),
        ring_(plan.picture(), channels_, RingRows(plan, network.manifest())),
        band_({plan.picture().width, TallestCore(plan)}, channels_) {
    const int threads = context.pool == nullptr ? 1 : context.pool->size();
    const int most = options.max_tiles_at_once == 0 ? threads : options.max_tiles_at_once;
    schedule_ = ScheduleTiles(plan.columns(), threads, most, network.device());
    for (int i = 0; i < schedule_.tiles_at_once; ++i) {
      buffers_.emplace_back(plan.tile_size(), network.manifest().noise_channels);
    }
  }

  Status SetDials(const NetworkSettings& settings) {
    RECOVER_ASSIGN_OR_RETURN(dials_, network_.DialValues(settings));
    NetworkSettings matte = settings;
    matte.creativity = 1;
    RECOVER_ASSIGN_OR_RETURN(matte_dials_, network_.DialValues(matte));
    return Status::Ok();
  }

  const TilePlan& plan() const { return plan_; }
  int channels() const { return channels_; }
  RestoreTimes times() const {
    RestoreTimes times = times_;
    times.network = std::chrono::nanoseconds(network_ns_.load());
    return times;
  }

  Status Read(MutableImageView rows) {
    RECOVER_CHECK(rows.width() == plan_.picture().width && rows.channels() == channels_);
    RECOVER_CHECK(rows.height() <= plan_.picture().height - next_row_);
    for (int done = 0; done < rows.height();) {
      if (next_row_ == band_end_) {
        RECOVER_RETURN_IF_ERROR(failure_);
        failure_ = RestoreBand();
        RECOVER_RETURN_IF_ERROR(failure_);
      }
      const int count = std::min(rows.height() - done, band_end_ - next_row_);
      const ptrdiff_t row_samples = static_cast<ptrdiff_t>(rows.width()) * channels_;
      for (int y = 0; y < count; ++y) {
        std::copy_n(band_.view().row(next_row_ - band_y_ + y), row_samples, rows.row(done + y));
      }
      next_row_ += count;
      done += count;
    }
    return Status::Ok();
  }

 private:
  /// Pulls the rows of the next band and restores its tiles.
  Status RestoreBand() {
    const Tile first = plan_.tile(0, next_band_);
    const auto begin = Clock::now();
    RECOVER_RETURN_IF_ERROR(PullInput(std::min(first.input.bottom(), plan_.picture().height)));
    times_.source += Clock::now() - begin;

    band_y_ = first.core.y;
    RECOVER_RETURN_IF_ERROR(TakeTurn());
    const Status status = RestoreTiles();
    if (!status.ok() || ++next_band_ == plan_.bands()) {
      turn_.End();
    }
    band_end_ = status.ok() ? first.core.bottom() : band_end_;
    return status;
  }

  /// Once for the whole picture: between two bands nobody else gets in, so that a
  /// picture is finished before the next one begins.
  Status TakeTurn() {
    if (context_.turnstile == nullptr || turn_.is_mine()) {
      return Status::Ok();
    }
    if (context_.waiting) context_.waiting(true);
    auto turn = context_.turnstile->Enter(context_.stop);
    if (context_.waiting) context_.waiting(false);
    if (!turn) {
      return turn.error();
    }
    turn_ = *std::move(turn);
    return Status::Ok();
  }

  /// The tiles of the next band, side by side.
  Status RestoreTiles() {
    const auto begin = Clock::now();
    std::atomic<int> next_column = 0;
    ForRows(schedule_.tiles_at_once > 1 ? context_.pool : nullptr, schedule_.tiles_at_once,
            [&](int slot) {
              for (int column = next_column++; column < plan_.columns(); column = next_column++) {
                if (!RestoreTile(plan_.tile(column, next_band_), buffers_[slot])) {
                  return;
                }
              }
            });
    times_.tiles += Clock::now() - begin;
    return tile_failure_;
  }

  Status PullInput(int end) {
    // A few rows at a time, so that a stop is seen while a slow source decodes.
    constexpr int kRows = 64;
    while (ring_.end() < end) {
      RECOVER_RETURN_IF_ERROR(context_.CheckStop());
      RECOVER_RETURN_IF_ERROR(ring_.PullTo(*source_, std::min(end, ring_.end() + kRows)));
    }
    return Status::Ok();
  }

  /// False when this tile or another has failed; the first reason is kept.
  bool RestoreTile(const Tile& tile, TileBuffers& buffers) {
    Status status = context_.CheckStop();
    if (status.ok()) {
      status = RestoreColour(tile, buffers);
    }
    if (status.ok() && HasAlpha(channels_)) {
      status = RestoreAlpha(tile, buffers);
    }
    const std::lock_guard lock(mutex_);
    if (tile_failure_.ok()) {
      tile_failure_ = std::move(status);
    }
    if (!tile_failure_.ok()) {
      return false;
    }
    done_px_ += tile.core.size().area();
    context_.Report(done_px_, plan_.picture().area());
    return true;
  }

  Status RestoreColour(const Tile& tile, TileBuffers& buffers) {
    PackColour(ring_, plan_.picture(), channels_, tile, buffers.image);
    const Rect& in = tile.input;
    noise_.Fill({in.x / 4, in.y / 4, in.width / 4, in.height / 4},
                network_.manifest().noise_channels, buffers.noise);
    RECOVER_RETURN_IF_ERROR(RunNetwork(tile, dials_, buffers));
    UnpackColour(ring_, tile, buffers.restored, band_y_, band_.view());
    return Status::Ok();
  }

  /// After RestoreColour of the same tile: its noise is used again.
  Status RestoreAlpha(const Tile& tile, TileBuffers& buffers) {
    PackAlpha(ring_, plan_.picture(), channels_, tile, buffers.image);
    const AlphaKind kind = ClassifyAlpha(buffers.image);
    if (kind != AlphaKind::kMixed) {
      FillAlpha(tile, kind == AlphaKind::kOpaque ? 1.0F : 0.0F, band_y_, band_.view());
      return Status::Ok();
    }
    RECOVER_RETURN_IF_ERROR(RunNetwork(tile, matte_dials_, buffers));
    UnpackAlpha(tile, buffers.image, buffers.restored, band_y_, band_.view());
    return Status::Ok();
  }

  Status RunNetwork(const Tile& tile, std::vector<float>& dials, TileBuffers& buffers) {
    const auto begin = Clock::now();
    Status status = network_.RestoreTile(
        {tile.input.size(), buffers.image, buffers.noise, dials, buffers.restored},
        schedule_.threads_per_tile, context_.stop);
    const std::chrono::nanoseconds spent = Clock::now() - begin;
    network_ns_ += spent.count();
    return status;
  }

  std::unique_ptr<RowSource> source_;
  const GeneralNetwork& network_;
  const TilePlan plan_;
  const RunContext context_;
  const int channels_;
  const NoiseField noise_;
  TileSchedule schedule_;
  std::vector<float> dials_;
  std::vector<float> matte_dials_;  ///< For alpha: nothing may be invented there.

  Turnstile::Turn turn_;  ///< From the first band's tiles to the last's.
  RowRing ring_;
  Image band_;  ///< Restored rows band_y_ .. band_end_ - 1.
  int band_y_ = 0;
  int band_end_ = 0;
  int next_band_ = 0;
  int next_row_ = 0;  ///< The next row to hand out.
  Status failure_;    ///< Set once: then the source is spent.
  RestoreTimes times_;
  std::atomic<int64_t> network_ns_ = 0;
  std::vector<TileBuffers> buffers_;  ///< One per tile at once.

  std::mutex mutex_;  ///< Guards the two below while tiles run, and orders the reports.
  Status tile_failure_;
  int64_t done_px_ = 0;
};

Result<std::unique_ptr<RestoreRows>> RestoreRows::Create(std::unique_ptr<RowSource> source,
                                                         const GeneralNetwork& network,
                                                         const RestoreOptions& options,
                                                         const RunContext& context) {
  RECOVER_CHECK(options.max_tiles_at_once >= 0);
  RECOVER_ASSIGN_OR_RETURN(const TilePlan plan, PlanRestore(network.manifest(), source->size(),
                                                            source->channels(), options.tile_px));
  auto engine = std::make_unique<Engine>(std::move(source), network, plan, options, context);
  RECOVER_RETURN_IF_ERROR(engine->SetDials(options.settings));
  return std::unique_ptr<RestoreRows>(new RestoreRows(std::move(engine)));
}

RestoreRows::RestoreRows(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
RestoreRows::~RestoreRows() = default;
Size RestoreRows::size() const { return engine_->plan().picture(); }
int RestoreRows::channels() const { return engine_->channels(); }
Status RestoreRows::Read(MutableImageView rows) { return engine_->Read(rows); }
const TilePlan& RestoreRows::plan() const { return engine_->plan(); }
RestoreTimes RestoreRows::times() const { return engine_->times(); }

}  // namespace recover

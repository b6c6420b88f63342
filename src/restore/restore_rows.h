// A picture restored by the network as a stream of rows.
#pragma once

#include <chrono>
#include <memory>

#include "base/result.h"
#include "base/run_context.h"
#include "image/row_source.h"
#include "image/tile_plan.h"
#include "restore/general_network.h"

namespace recover {

struct RestoreOptions {
  NetworkSettings settings = {};
  uint64_t seed = 0;
  /// Side of what a tile restores, without overlap; 0 = the manifest's. Rounded up
  /// to the network's grid. Results of different sides agree to 1/255.
  int tile_px = 0;
  /// The most tiles held at once; 0 = as many as help. Changes memory and speed,
  /// never a byte of the result.
  int max_tiles_at_once = 0;
};

/// Where the time of one picture went, summed up so far.
struct RestoreTimes {
  std::chrono::nanoseconds source = {};   ///< Waiting for input rows.
  std::chrono::nanoseconds tiles = {};    ///< Restoring bands of tiles, packing included.
  std::chrono::nanoseconds network = {};  ///< Inside the network, summed over tiles side by side.
};

/// The tiles in which a picture of this size and channels is restored.
/// Errors: kInvalidArgument for a tile_px outside 16..16384.
Result<TilePlan> PlanRestore(const Manifest& manifest, Size picture, int channels, int tile_px);

/// The most that restoring holds, the network's own memory included: the ring of
/// input rows, one band of output rows, and buffers and activations of the tiles
/// held at once. `channels`: of the picture, alpha included.
int64_t RestoreMemoryBytes(const Manifest& manifest, const TilePlan& plan, int channels,
                           int tiles_at_once);

/// Restores rows of 1 to 4 channels on their own grid; the channels stay.
///
/// Colour values outside [0, 1] pass around the network: it sees them clamped, and
/// what was cut off is added to its result. Grey is restored as RGB and taken back
/// by luma. Alpha is restored as a matte of its own, at creativity 1, and clamped to
/// [0, 1]; bleed the colour under it first (bleed_rows.h). Noise depends on seed and
/// place alone. Tiles overlap by the network's receptive field, so the result equals
/// the untiled one (to rounding), and the same seed and tile side give the same
/// bytes for any thread count, max_tiles_at_once, and heights read.
/// Takes its turn at context.turnstile before the first band of tiles, once the rows
/// under it are there, and ends it after the last tile or when destroyed.
/// Not thread-safe; works on context.pool inside Read, a band of tiles at a time.
class RestoreRows final : public RowSource {
 public:
  /// network: borrowed, outlives this. Errors: kInvalidArgument for settings that
  /// the network has not, or a bad tile side.
  static Result<std::unique_ptr<RestoreRows>> Create(std::unique_ptr<RowSource> source,
                                                     const GeneralNetwork& network,
                                                     const RestoreOptions& options,
                                                     const RunContext& context);
  ~RestoreRows() override;

  Size size() const override;
  int channels() const override;
  /// Errors: the source's, the network's, kCancelled within a tile of the stop.
  Status Read(MutableImageView rows) override;

  const TilePlan& plan() const;
  RestoreTimes times() const;

 private:
  class Engine;
  explicit RestoreRows(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

}  // namespace recover

#include "restore/tile_schedule.h"

#include <algorithm>

#include "base/check.h"

namespace recover {
namespace {

/// How much faster one tile runs on `threads` threads. Each thread beyond the first
/// costs some 4 % (measured: general-fast and a 64->64 3x3 convolution, 1 to 2 threads).
double Speedup(int threads) { return threads / (1.0 + 0.04 * (threads - 1)); }

}  // namespace

TileSchedule ScheduleTiles(int columns, int threads, int max_tiles_at_once, Device device) {
  RECOVER_CHECK(columns >= 1 && threads >= 1 && max_tiles_at_once >= 1);
  const int most = std::min({columns, threads, max_tiles_at_once});
  if (device == Device::kGpu) {
    return {std::min(most, 2), 1};
  }
  TileSchedule best;
  double best_time = 0;
  for (int tiles = 1; tiles <= most; ++tiles) {
    const int threads_per_tile = threads / tiles;
    const int rounds = (columns + tiles - 1) / tiles;
    const double time = rounds / Speedup(threads_per_tile);
    if (tiles == 1 || time < best_time * (1 - 1e-9)) {
      best = {tiles, threads_per_tile};
      best_time = time;
    }
  }
  return best;
}

}  // namespace recover

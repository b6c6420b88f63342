// How the tiles of one band share the processor.
#pragma once

#include "neural/device.h"

namespace recover {

struct TileSchedule {
  int tiles_at_once = 1;     ///< Each holds its own buffers and activations.
  int threads_per_tile = 1;  ///< Threads inside the network's run of one tile.
};

/// The schedule that finishes `columns` tiles soonest on `threads` threads, with no
/// more than `max_tiles_at_once` tiles held in memory; among equals the one that
/// holds fewest. Tiles side by side scale better than threads inside a tile, but a
/// last round that is not full leaves threads idle. On a GPU two tiles are held, so
/// that one is packed while the other runs. All arguments >= 1.
TileSchedule ScheduleTiles(int columns, int threads, int max_tiles_at_once, Device device);

}  // namespace recover

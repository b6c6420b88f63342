#include "restore/tile_schedule.h"

#include <gtest/gtest.h>

namespace recover {
namespace {

TEST(TileSchedule, OneTileGetsAllThreads) {
  for (int threads = 1; threads <= 64; ++threads) {
    const TileSchedule schedule = ScheduleTiles(1, threads, threads, Device::kCpu);
    EXPECT_EQ(schedule.tiles_at_once, 1);
    EXPECT_EQ(schedule.threads_per_tile, threads);
  }
}

TEST(TileSchedule, FullRoundsRunSideBySide) {
  EXPECT_EQ(ScheduleTiles(4, 2, 2, Device::kCpu).tiles_at_once, 2);
  EXPECT_EQ(ScheduleTiles(4, 4, 4, Device::kCpu).tiles_at_once, 4);
  EXPECT_EQ(ScheduleTiles(20, 2, 2, Device::kCpu).threads_per_tile, 1);
}

TEST(TileSchedule, HalfEmptyRoundsRunOneAfterTheOther) {
  // 3 tiles on 2 threads: two rounds side by side, the second half empty, are slower.
  EXPECT_EQ(ScheduleTiles(3, 2, 2, Device::kCpu).tiles_at_once, 1);
  EXPECT_EQ(ScheduleTiles(3, 2, 2, Device::kCpu).threads_per_tile, 2);
}

TEST(TileSchedule, NeverUsesMoreThreadsOrTilesThanAllowed) {
  for (int columns = 1; columns <= 12; ++columns) {
    for (int threads = 1; threads <= 16; ++threads) {
      for (int most = 1; most <= 4; ++most) {
        for (const Device device : {Device::kCpu, Device::kGpu}) {
          const TileSchedule schedule = ScheduleTiles(columns, threads, most, device);
          EXPECT_LE(schedule.tiles_at_once * schedule.threads_per_tile, threads);
          EXPECT_LE(schedule.tiles_at_once, most);
          EXPECT_LE(schedule.tiles_at_once, columns);
          EXPECT_GE(schedule.tiles_at_once, 1);
          EXPECT_GE(schedule.threads_per_tile, 1);
        }
      }
    }
  }
}

TEST(TileSchedule, GpuHoldsTwoTilesAtMost) {
  EXPECT_EQ(ScheduleTiles(8, 16, 16, Device::kGpu).tiles_at_once, 2);
}

}  // namespace
}  // namespace recover

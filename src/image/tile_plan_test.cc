#include "image/tile_plan.h"

#include <gtest/gtest.h>

namespace recover {
namespace {

const int kLengths[] = {1,    2,    15,   16,   17,   31,   97,   1023, 1024, 1025, 1247,
                        1248, 1249, 1250, 2047, 2049, 2272, 2273, 3001, 4000, 7919, 12247};

/// What the contract promises about one axis, for every tile of it.
void ExpectExactAxis(int length, const TilePlanOptions& options) {
  const TilePlan plan({length, 1}, options);
  const int padded = plan.padded().width;
  EXPECT_GE(padded, length);
  EXPECT_LT(padded - length, options.multiple_px);
  EXPECT_EQ(plan.tile_size().width % options.multiple_px, 0);
  int covered = 0;
  for (int i = 0; i < plan.columns(); ++i) {
    const Tile tile = plan.tile(i, 0);
    EXPECT_EQ(tile.core.x, covered) << length;
    EXPECT_GT(tile.core.width, 0) << length;
    covered = tile.core.right();
    EXPECT_EQ(tile.input.x % options.multiple_px, 0);
    EXPECT_GE(tile.input.x, 0);
    EXPECT_LE(tile.input.right(), padded);
    if (tile.input.x > 0) {
      EXPECT_GE(tile.core.x - tile.input.x, options.radius_px) << length << " tile " << i;
    }
    if (tile.input.right() < padded) {
      EXPECT_GE(tile.input.right() - tile.core.right(), options.radius_px)
          << length << " tile " << i;
    }
  }
  EXPECT_EQ(covered, length);
}

TEST(TilePlan, CoresPartitionThePictureWithTheFullRadiusAround) {
  for (const int length : kLengths) {
    for (const int radius : {0, 1, 8, 100, 112}) {
      for (const int core : {16, 64, 250, 1024}) {
        ExpectExactAxis(length, {.core_px = core, .radius_px = radius});
      }
    }
  }
}

TEST(TilePlan, TilesAreNoLongerThanCoreAndOverlapNorThanThePaddedPicture) {
  const TilePlanOptions options;
  for (const int length : kLengths) {
    const TilePlan plan({length, length}, options);
    EXPECT_LE(plan.tile_size().width, 1024 + 224);
    EXPECT_LE(plan.tile_size().width, plan.padded().width);
    EXPECT_EQ(plan.tile_size().width, plan.tile_size().height);
  }
}

TEST(TilePlan, OverlapCostsAtMostHalfAsMuchAgain) {
  double sum = 0;
  int count = 0;
  for (int length = 1024; length < 24000; length += 37) {
    const TilePlan plan({length, length}, {});
    // What the overlap alone costs; then with sides rounded up to the network's grid.
    const double overlapped = 1.0 + 224.0 * (plan.columns() - 1) / plan.padded().width;
    EXPECT_LE(overlapped * overlapped, 1.5) << length;
    EXPECT_LE(plan.work_ratio(), 1.52) << length;
    sum += plan.work_ratio();
    ++count;
  }
  EXPECT_LE(sum / count, 1.48);
}

TEST(TilePlan, PictureOfOneTileCostsItsPaddingAlone) {
  const TilePlan plan({1100, 700}, {});
  EXPECT_EQ(plan.columns() * plan.bands(), 1);
  EXPECT_EQ(plan.tile_size(), (Size{1104, 704}));
}

TEST(TilePlan, BothAxesAreCutAlike) {
  const TilePlan plan({3001, 2049}, {});
  const TilePlan turned({2049, 3001}, {});
  ASSERT_EQ(plan.columns(), turned.bands());
  ASSERT_EQ(plan.bands(), turned.columns());
  for (int i = 0; i < plan.columns(); ++i) {
    EXPECT_EQ(plan.tile(i, 0).core.x, turned.tile(0, i).core.y);
    EXPECT_EQ(plan.tile(i, 0).input.x, turned.tile(0, i).input.y);
  }
}

TEST(ReflectIndex, MirrorsAboutTheEndsWithoutRepeatingThem) {
  const int expected[] = {0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2};
  for (int i = 0; i < 11; ++i) {
    EXPECT_EQ(ReflectIndex(i, 4), expected[i]);
  }
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(ReflectIndex(i, 1), 0);
    EXPECT_EQ(ReflectIndex(i, 2), i % 2);
  }
}

}  // namespace
}  // namespace recover

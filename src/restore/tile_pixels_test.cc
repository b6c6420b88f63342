#include "restore/tile_pixels.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "image/image_rows.h"

namespace recover {
namespace {

/// A ring that holds all of `image`.
RowRing RingOf(const Image& image) {
  RowRing ring(image.size(), image.channels(), image.height());
  ImageRows rows(image.Clone());
  RECOVER_CHECK(ring.PullTo(rows, image.height()).ok());
  return ring;
}

/// Values that tell x, y and channel.
Image Coordinates(Size size, int channels) {
  Image image(size, channels);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      for (int c = 0; c < channels; ++c) {
        image.at(x, y, c) =
            static_cast<float>(x + 100 * y) / 10000.0F + 0.2F * static_cast<float>(c);
      }
    }
  }
  return image;
}

TEST(RowRing, HoldsTheLastRowsForAnyCapacity) {
  const Image image = Coordinates({3, 50}, 2);
  for (const int capacity : {1, 7, 16, 49, 50, 80}) {
    RowRing ring(image.size(), 2, capacity);
    ImageRows rows(image.Clone());
    for (const int end : {1, 1, 5, 20, 21, 50}) {
      ASSERT_TRUE(ring.PullTo(rows, end).ok());
      for (int y = std::max(0, end - capacity); y < end; ++y) {
        EXPECT_TRUE(std::equal(ring.Row(y), ring.Row(y) + 6, image.view().row(y))) << y;
      }
    }
  }
}

TEST(TilePixels, PackedPlanesMirrorTheEdges) {
  for (int channels = 1; channels <= 4; ++channels) {
    const Image image = Coordinates({21, 18}, channels);
    const RowRing ring = RingOf(image);
    const Tile tile{{16, 0, 16, 32}, {16, 0, 5, 18}};
    std::vector<float> planes(3 * 16 * 32);
    PackColour(ring, image.size(), channels, tile, planes);
    for (int p = 0; p < 3; ++p) {
      for (int y = 0; y < 32; ++y) {
        for (int x = 0; x < 16; ++x) {
          const float expected =
              image.at(ReflectIndex(16 + x, 21), ReflectIndex(y, 18), channels >= 3 ? p : 0);
          ASSERT_EQ(planes[(static_cast<size_t>(p) * 32 + y) * 16 + x], expected);
        }
      }
    }
  }
}

TEST(TilePixels, UnpackUndoesPackAlsoOutsideTheUnitRange) {
  for (int channels = 1; channels <= 4; ++channels) {
    Image image = Coordinates({16, 16}, channels);
    image.at(3, 3, 0) = -0.5F;
    image.at(4, 4, 0) = 1.25F;
    const RowRing ring = RingOf(image);
    const Tile tile{{0, 0, 16, 16}, {2, 3, 9, 8}};
    std::vector<float> planes(3 * 256);
    PackColour(ring, image.size(), channels, tile, planes);
    EXPECT_GE(*std::ranges::min_element(planes), 0.0F);
    EXPECT_LE(*std::ranges::max_element(planes), 1.0F);
    Image band({16, 8}, channels);
    UnpackColour(ring, tile, planes, 3, band.view());
    for (int y = 3; y < 11; ++y) {
      for (int x = 2; x < 11; ++x) {
        EXPECT_NEAR(band.at(x, y - 3, 0), image.at(x, y, 0), 1e-6);
      }
    }
    EXPECT_EQ(band.at(1, 0, 0), 0.0F) << "outside the core nothing is written";
    EXPECT_EQ(band.at(11, 0, 0), 0.0F);
  }
}

TEST(TilePixels, FlatAlphaIsRecognisedThroughRoundingErrors) {
  EXPECT_EQ(ClassifyAlpha(std::vector<float>{0.0F, 1e-6F}), AlphaKind::kTransparent);
  EXPECT_EQ(ClassifyAlpha(std::vector<float>{1.0F, 0.9999999F}), AlphaKind::kOpaque);
  EXPECT_EQ(ClassifyAlpha(std::vector<float>{1.0F, 0.99F}), AlphaKind::kMixed);
  EXPECT_EQ(ClassifyAlpha(std::vector<float>{0.0F, 1.0F}), AlphaKind::kMixed);
}

TEST(TilePixels, AlphaFarFromAnEdgeIsExactWhateverTheNetworkSays) {
  Image image({64, 16}, 2);
  for (int y = 0; y < 16; ++y) {
    for (int x = 32; x < 64; ++x) {
      image.at(x, y, 1) = 1.0F;
    }
  }
  const RowRing ring = RingOf(image);
  const Tile tile{{0, 0, 64, 16}, {0, 0, 64, 16}};
  std::vector<float> input(3 * 64 * 16);
  PackAlpha(ring, image.size(), 2, tile, input);
  const std::vector<float> haze(input.size(), 0.5F);
  Image band({64, 16}, 2);
  UnpackAlpha(tile, input, haze, 0, band.view());
  for (int x = 0; x < 64; ++x) {
    const float alpha = band.at(x, 8, 1);
    if (x < 32 - kAlphaReachPx) {
      EXPECT_EQ(alpha, 0.0F) << x;
    } else if (x >= 32 + kAlphaReachPx) {
      EXPECT_EQ(alpha, 1.0F) << x;
    } else if (x >= 28 && x < 36) {
      EXPECT_NEAR(alpha, 0.5F, 1e-6) << x;
    }
  }
}

}  // namespace
}  // namespace recover

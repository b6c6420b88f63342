#include "image/bleed_rows.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "image/image_rows.h"

namespace recover {
namespace {

BleedMap MapOf(const Image& image) {
  ImageRows rows(image.Clone());
  Result<BleedMap> map = BleedMap::Build(rows, {});
  RECOVER_CHECK(map.has_value());
  return *std::move(map);
}

Image Bleed(const Image& image, int chunk_rows = 64) {
  BleedRows rows(std::make_unique<ImageRows>(image.Clone()), MapOf(image));
  Result<Image> out = ReadImage(rows, chunk_rows);
  RECOVER_CHECK(out.has_value());
  return *std::move(out);
}

/// Opaque colour left of `edge`, transparent black right of it.
Image HalfOpaque(Size size, int edge, float r, float g, float b) {
  Image image(size, 4);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < edge; ++x) {
      const float pixel[] = {r, g, b, 1.0F};
      std::copy_n(pixel, 4, image.view().pixel(x, y));
    }
  }
  return image;
}

TEST(BleedRows, OneOpaqueColourFillsEverything) {
  for (const Size size : {Size{2, 1}, Size{33, 17}, Size{1500, 40}}) {
    const Image out = Bleed(HalfOpaque(size, size.width / 2, 0.2F, 0.5F, 0.9F));
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) {
        ASSERT_NEAR(out.at(x, y, 0), 0.2F, 1e-5) << x;
        ASSERT_NEAR(out.at(x, y, 1), 0.5F, 1e-5) << x;
        ASSERT_NEAR(out.at(x, y, 2), 0.9F, 1e-5) << x;
        ASSERT_EQ(out.at(x, y, 3), x < size.width / 2 ? 1.0F : 0.0F);
      }
    }
  }
}

TEST(BleedRows, FillIsNearTheNearestOpaqueColour) {
  // Left third red, right third blue, nothing between.
  Image image({300, 40}, 4);
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 300; ++x) {
      if (x < 100 || x >= 200) {
        image.at(x, y, x < 100 ? 0 : 2) = 1.0F;
        image.at(x, y, 3) = 1.0F;
      }
    }
  }
  const Image out = Bleed(image);
  for (int y = 0; y < 40; ++y) {
    EXPECT_GT(out.at(102, y, 0), 0.75F);
    EXPECT_LT(out.at(102, y, 2), 0.25F);
    EXPECT_GT(out.at(197, y, 2), 0.75F);
    for (int x = 0; x < 300; ++x) {
      EXPECT_NEAR(out.at(x, y, 0) + out.at(x, y, 2), 1.0F, 1e-4) << "a convex mix, at " << x;
    }
  }
}

TEST(BleedRows, ColoursThatAreSeenStayExactly) {
  Image image({20, 20}, 2);
  for (int i = 0; i < 400; ++i) {
    image.samples()[2 * i] = static_cast<float>(i % 7) / 7.0F;
    image.samples()[2 * i + 1] = i % 3 == 0 ? 0.0F : 0.1F + static_cast<float>(i % 10) / 11.0F;
  }
  const Image out = Bleed(image);
  for (int i = 0; i < 400; ++i) {
    EXPECT_EQ(out.samples()[2 * i + 1], image.samples()[2 * i + 1]);
    if (i % 3 != 0) {
      EXPECT_EQ(out.samples()[2 * i], image.samples()[2 * i]);
    }
  }
}

TEST(BleedRows, OpaqueAndEmptyPicturesAreUntouched) {
  for (const float alpha : {0.0F, 1.0F}) {
    Image image({9, 9}, 4);
    for (int i = 0; i < 81; ++i) {
      image.samples()[4 * i] = static_cast<float>(i) / 81.0F;
      image.samples()[4 * i + 3] = alpha;
    }
    EXPECT_TRUE(MapOf(image).is_idle());
    EXPECT_TRUE(std::ranges::equal(Bleed(image).samples(), image.samples()));
  }
}

TEST(BleedRows, SameBytesForAnyHeightsRead) {
  const Image image = HalfOpaque({61, 47}, 20, 0.3F, 0.8F, 0.1F);
  const Image once = Bleed(image, 100);
  for (const int chunk_rows : {1, 5}) {
    EXPECT_TRUE(std::ranges::equal(Bleed(image, chunk_rows).samples(), once.samples()));
  }
}

TEST(BleedMap, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  RunContext context;
  context.stop = stop.get_token();
  ImageRows rows(HalfOpaque({8, 8}, 4, 1, 1, 1));
  EXPECT_EQ(BleedMap::Build(rows, context).error().code(), StatusCode::kCancelled);
}

TEST(BleedMap, MemoryIsBoundedForHugePictures) {
  EXPECT_LT(BleedMap::MemoryBytes({30000, 30000}, 4), 64 << 20);
}

}  // namespace
}  // namespace recover

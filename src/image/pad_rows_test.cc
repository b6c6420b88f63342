#include "image/pad_rows.h"

#include <gtest/gtest.h>

#include "image/image_rows.h"

namespace recover {
namespace {

Image Filled(Size size, int channels, float value) {
  Image image(size, channels);
  for (float& sample : image.samples()) {
    sample = value;
  }
  return image;
}

TEST(PadRows, PictureStandsInItsPlaceAndTheRestIsFill) {
  for (const PadFill fill : {PadFill::kBlack, PadFill::kTransparent}) {
    for (int channels = 1; channels <= 4; ++channels) {
      for (const int chunk_rows : {1, 3, 100}) {
        PadRows rows(std::make_unique<ImageRows>(Filled({3, 4}, channels, 0.5F)), {9, 8}, 2, 1,
                     fill);
        const bool adds_alpha = fill == PadFill::kTransparent && channels % 2 == 1;
        ASSERT_EQ(rows.channels(), channels + (adds_alpha ? 1 : 0));
        Result<Image> image = ReadImage(rows, chunk_rows);
        ASSERT_TRUE(image);
        const int alpha = rows.channels() % 2 == 0 ? rows.channels() - 1 : -1;
        for (int y = 0; y < 8; ++y) {
          for (int x = 0; x < 9; ++x) {
            const bool inside = x >= 2 && x < 5 && y >= 1 && y < 5;
            for (int c = 0; c < rows.channels(); ++c) {
              float expected = inside ? 0.5F : 0.0F;
              if (c == alpha && inside && adds_alpha) {
                expected = 1.0F;
              }
              if (c == alpha && !inside && fill == PadFill::kBlack) {
                expected = 1.0F;
              }
              ASSERT_EQ(image->at(x, y, c), expected) << x << "," << y << "," << c;
            }
          }
        }
      }
    }
  }
}

TEST(FitInside, KeepsTheShapeAndCentres) {
  EXPECT_EQ(FitInside({400, 300}, {200, 200}), (Rect{0, 25, 200, 150}));
  EXPECT_EQ(FitInside({300, 400}, {1000, 800}), (Rect{200, 0, 600, 800}));
  EXPECT_EQ(FitInside({10000, 1}, {100, 100}), (Rect{0, 49, 100, 1}));
  EXPECT_EQ(FitInside({5, 5}, {7, 7}), (Rect{0, 0, 7, 7}));
}

}  // namespace
}  // namespace recover

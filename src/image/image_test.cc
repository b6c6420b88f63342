#include "image/image.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "image/image_rows.h"

namespace recover {
namespace {

Image Numbered(Size size, int channels) {
  Image image(size, channels);
  float next = 0;
  for (float& sample : image.samples()) {
    sample = next++;
  }
  return image;
}

TEST(Image, CropLooksAtTheSamePixels) {
  Image image = Numbered({7, 5}, 3);
  const MutableImageView crop = image.view().Crop({2, 1, 4, 3});
  EXPECT_EQ(crop.at(0, 0, 0), image.at(2, 1, 0));
  EXPECT_EQ(crop.at(3, 2, 2), image.at(5, 3, 2));
  crop.at(1, 1, 1) = -1.0F;
  EXPECT_EQ(image.at(3, 2, 1), -1.0F);
}

TEST(Image, CloneIsIndependent) {
  Image image = Numbered({3, 2}, 4);
  const Image copy = image.Clone();
  image.at(0, 0, 0) = 100.0F;
  EXPECT_EQ(copy.at(0, 0, 0), 0.0F);
  EXPECT_EQ(copy.size(), image.size());
}

TEST(ImageDeathTest, CropOutsideEndsTheProgram) {
  Image image({4, 4}, 1);
  EXPECT_DEATH((void)image.view().Crop({2, 0, 3, 1}), "rect");
}

TEST(ImageRows, ReadingInAnyChunksGivesThePictureBack) {
  const Image image = Numbered({5, 13}, 2);
  for (const int chunk_rows : {1, 2, 5, 13, 64}) {
    ImageRows rows(image.Clone());
    Result<Image> read = ReadImage(rows, chunk_rows);
    ASSERT_TRUE(read);
    EXPECT_TRUE(std::ranges::equal(read->samples(), image.samples())) << chunk_rows;
  }
}

}  // namespace
}  // namespace recover

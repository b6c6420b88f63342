#include "codec/exif_edit.h"

#include <gtest/gtest.h>

#include "codec/test_pictures.h"

namespace recover {
namespace {

using testing::ExifField;
using testing::MakeExif;
using testing::MakeIptc;

class ExifInBothOrders : public ::testing::TestWithParam<bool> {
 protected:
  std::string block_ = MakeExif(GetParam());
};

TEST_P(ExifInBothOrders, FitResetsOrientationAndSizesAndKeepsTheRest) {
  const std::string fitted = FitExif(block_, {640, 480});
  EXPECT_EQ(ExifOrientation(block_), 6);
  EXPECT_EQ(ExifOrientation(fitted), 1);
  EXPECT_EQ(ExifField(fitted, tiff_tag::kExifIfd, tiff_tag::kPixelXDimension), "640");
  EXPECT_EQ(ExifField(fitted, tiff_tag::kExifIfd, tiff_tag::kPixelYDimension), "480");
  EXPECT_EQ(ExifField(fitted, 0, tiff_tag::kMake), std::string("Recover\0", 8));
  EXPECT_EQ(ExifField(fitted, tiff_tag::kGpsIfd, 1), std::string("N\0", 2));
  EXPECT_EQ(ExifDensity(fitted).x, 240);
}

TEST_P(ExifInBothOrders, MakerNoteStaysAtItsOffset) {
  const std::string note(testing::kMakerNote, sizeof(testing::kMakerNote));
  const size_t before = block_.find(note);
  ASSERT_NE(before, std::string::npos);
  EXPECT_EQ(FitExif(block_, {1, 1}).find(note), before);
  EXPECT_EQ(SetExifIptc(block_, MakeIptc()).find(note), before);
}

TEST_P(ExifInBothOrders, ThumbnailIsGone) {
  const std::string fitted = FitExif(block_, {640, 480});
  ASSERT_NE(block_.find("old picture"), std::string::npos);
  EXPECT_EQ(fitted.find("old picture"), std::string::npos);
  const MemoryView source(fitted);
  const auto reader = TiffReader::Open(source);
  EXPECT_EQ(reader->ReadIfd(reader->first_ifd_offset())->next_ifd_offset, 0);
}

TEST_P(ExifInBothOrders, SizesOver65535BecomeLong) {
  const std::string fitted = FitExif(block_, {70000, 3});
  EXPECT_EQ(ExifField(fitted, tiff_tag::kExifIfd, tiff_tag::kPixelXDimension), "70000");
  EXPECT_EQ(ExifField(fitted, tiff_tag::kExifIfd, tiff_tag::kPixelYDimension), "3");
}

TEST_P(ExifInBothOrders, IptcGoesInAndOutAgain) {
  const std::string with = SetExifIptc(block_, MakeIptc());
  EXPECT_EQ(ExifIptc(with), MakeIptc());
  EXPECT_EQ(ExifField(with, 0, tiff_tag::kMake), std::string("Recover\0", 8));
  const std::string without = SetExifIptc(with, "");
  EXPECT_EQ(ExifIptc(without), "");
  EXPECT_EQ(ExifField(without, tiff_tag::kGpsIfd, 1), std::string("N\0", 2));
}

TEST_P(ExifInBothOrders, DensityIsAddedOnlyWhereThereIsNone) {
  EXPECT_EQ(SetExifDensity(block_, 300, 300), block_);
  const Density made = ExifDensity(SetExifDensity("", 299.5, 72));
  EXPECT_NEAR(made.x, 299.5, 1e-4);
  EXPECT_NEAR(made.y, 72, 1e-4);
}

TEST_P(ExifInBothOrders, ATreeWrittenAndReadIsTheSame) {
  const ExifTree tree = ReadExifTree(MemoryView(block_));
  const ExifTree again = ReadExifTree(MemoryView(WriteExifBlock(tree)));
  ASSERT_EQ(again.main.entries.size(), tree.main.entries.size());
  ASSERT_EQ(again.exif.entries.size(), 3U);
  ASSERT_EQ(again.gps.entries.size(), 2U);
  for (size_t i = 0; i < tree.exif.entries.size(); ++i) {
    EXPECT_EQ(again.exif.entries[i].value, tree.exif.entries[i].value);
  }
}

TEST_P(ExifInBothOrders, EveryCutAndEveryBrokenByteIsSurvived) {
  for (size_t i = 0; i < block_.size(); ++i) {
    const std::string cut = block_.substr(0, i);
    std::string broken = block_;
    broken[i] = static_cast<char>(0xFF);
    for (const std::string& bytes : {cut, broken}) {
      const std::string fitted = FitExif(bytes, {10, 20});
      EXPECT_LE(fitted.size(), bytes.size());
      SetExifIptc(bytes, MakeIptc());
      SetExifDensity(bytes, 300, 300);
      WriteExifBlock(ReadExifTree(MemoryView(bytes)));
      ShrinkExif(bytes, 64);
    }
  }
}

TEST_P(ExifInBothOrders, ShrinkDropsTheMakerNoteFirst) {
  std::string big = WriteExifBlock([&] {
    ExifTree tree = ReadExifTree(MemoryView(block_));
    for (IfdEntry& entry : tree.exif.entries) {
      if (entry.tag == tiff_tag::kMakerNote) {
        entry.value.resize(70000, 'x');
        entry.count = 70000;
      }
    }
    return tree;
  }());
  const std::string small = ShrinkExif(big, 65000);
  EXPECT_LE(small.size(), 65000U);
  EXPECT_EQ(ExifField(small, 0, tiff_tag::kMake), std::string("Recover\0", 8));
  EXPECT_EQ(ExifField(small, tiff_tag::kExifIfd, tiff_tag::kMakerNote), "");
}

INSTANTIATE_TEST_SUITE_P(Order, ExifInBothOrders, ::testing::Bool(), [](const auto& test) {
  return test.param ? "BigEndian" : "LittleEndian";
});

}  // namespace
}  // namespace recover

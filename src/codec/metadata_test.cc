#include "codec/metadata.h"

#include <cstdio>

#include <gtest/gtest.h>

#include "codec/colour_profile.h"
#include "codec/exif_edit.h"
#include "codec/metadata_jpeg.h"
#include "codec/metadata_png.h"
#include "codec/photoshop_iptc.h"
#include "codec/test_pictures.h"
#include "codec/tiff_ifd.h"
#include "codec/xmp_edit.h"

namespace recover {
namespace {

using testing::ExifField;
using testing::ImageRowsForTest;
using testing::MakePicture;
using testing::TempDir;

Metadata FullMetadata() {
  Metadata metadata;
  metadata.exif = testing::MakeExif(false);
  metadata.xmp = testing::MakeXmp();
  metadata.iptc = testing::MakeIptc();
  metadata.icc = testing::MakeDisplayP3();
  metadata.dpi_x = 240;
  metadata.dpi_y = 240;
  return metadata;
}

EncodeOptions Options(FileFormat format) {
  EncodeOptions options;
  options.format = format;
  return options;
}

/// What must be in a picture of this size whatever formats it went through.
void ExpectAllKept(const Metadata& metadata, Size size, const std::string& trail) {
  SCOPED_TRACE(trail);
  EXPECT_EQ(ExifField(metadata.exif, 0, tiff_tag::kMake), std::string("Recover\0", 8));
  EXPECT_EQ(ExifField(metadata.exif, tiff_tag::kGpsIfd, 1), std::string("N\0", 2));
  EXPECT_EQ(ExifField(metadata.exif, tiff_tag::kExifIfd, tiff_tag::kMakerNote),
            std::string(testing::kMakerNote, sizeof(testing::kMakerNote)));
  EXPECT_EQ(ExifField(metadata.exif, tiff_tag::kExifIfd, tiff_tag::kPixelXDimension),
            std::to_string(size.width));
  EXPECT_EQ(ExifField(metadata.exif, tiff_tag::kExifIfd, tiff_tag::kPixelYDimension),
            std::to_string(size.height));
  EXPECT_EQ(ExifOrientation(metadata.exif), 1);
  EXPECT_EQ(metadata.exif.find("old picture"), std::string::npos)
      << "the thumbnail shows the old picture";
  EXPECT_NE(metadata.xmp.find("A title"), std::string::npos);
  EXPECT_NE(metadata.xmp.find("tiff:Orientation=\"1\""), std::string::npos);
  EXPECT_NE(metadata.xmp.find("exif:PixelXDimension=\"" + std::to_string(size.width) + "\""),
            std::string::npos);
  EXPECT_NE(metadata.xmp.find("<exif:PixelYDimension>" + std::to_string(size.height)),
            std::string::npos);
  EXPECT_EQ(metadata.iptc.substr(0, testing::MakeIptc().size()), testing::MakeIptc());
  EXPECT_NEAR(metadata.dpi_x, 240, 0.01);
  EXPECT_NEAR(metadata.dpi_y, 240, 0.01);
}

struct FormatPair {
  FileFormat from;
  FileFormat to;
};

std::vector<FormatPair> AllPairs() {
  std::vector<FormatPair> pairs;
  for (const FileFormat from : kAllFormats) {
    for (const FileFormat to : kAllFormats) {
      if (from != FileFormat::kHeic &&
          to != FileFormat::kHeic) {  // HEIC is read alone; AVIF is its twin
        pairs.push_back({from, to});
      }
    }
  }
  return pairs;
}

/// libjxl keeps a profile it understands by its primaries and curve, and makes an equal one of
/// them.
void ExpectDisplayP3(const Metadata& metadata, bool byte_for_byte) {
  if (byte_for_byte) {
    EXPECT_EQ(metadata.icc, testing::MakeDisplayP3());
    return;
  }
  const auto profile = ColourProfile::Parse(metadata.icc, ColourModel::kRgb);
  const auto expected = ColourProfile::Parse(testing::MakeDisplayP3(), ColourModel::kRgb);
  ASSERT_TRUE(profile.has_value()) << profile.error().message();
  const auto converter = (*profile)->ToWorking();
  ASSERT_NE(converter, nullptr);
  const float in[] = {0.9F, 0.2F, 0.1F, 0.1F, 0.8F, 0.3F};
  float out[6];
  float expected_out[6];
  converter->Convert(in, 3, out, 3, 2);
  (*expected)->ToWorking()->Convert(in, 3, expected_out, 3, 2);
  for (int i = 0; i < 6; ++i) {
    EXPECT_NEAR(out[i], expected_out[i], 2e-3) << i;
  }
}

class MetadataOfPair : public ::testing::TestWithParam<FormatPair> {};

TEST_P(MetadataOfPair, IsKeptAndFitted) {
  const auto [from, to] = GetParam();
  if (!CanEncode(from) || !CanDecode(from) || !CanEncode(to) || !CanDecode(to)) {
    GTEST_SKIP() << "this libvips lacks one of the formats";
  }
  const TempDir dir;
  const Size first_size{96, 64};
  const auto first = dir / ("first." + std::string(DefaultExtension(from)));
  ASSERT_TRUE(
      testing::Encode(MakePicture(first_size, 3), FullMetadata(), Options(from), first).ok());
  const auto opened = Picture::Open(Input::FromFile(first), {});
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  ExpectAllKept(opened->metadata(), first_size, "after the first format");
  ExpectDisplayP3(opened->metadata(), from != FileFormat::kJxl);

  const Size second_size{192, 128};
  const auto second = dir / ("second." + std::string(DefaultExtension(to)));
  ASSERT_TRUE(
      testing::Encode(MakePicture(second_size, 3), opened->metadata(), Options(to), second).ok());
  const auto again = Picture::Open(Input::FromFile(second), {});
  ASSERT_TRUE(again.has_value()) << again.error().message();
  ExpectAllKept(again->metadata(), second_size, "after the second format");
  ExpectDisplayP3(again->metadata(), from != FileFormat::kJxl && to != FileFormat::kJxl);
  EXPECT_EQ(again->info().orientation, 1);
  EXPECT_EQ(again->info().size, second_size);
}

std::string PairName(const ::testing::TestParamInfo<FormatPair>& test) {
  return std::string(DefaultExtension(test.param.from)) + "_to_" +
         std::string(DefaultExtension(test.param.to));
}

INSTANTIATE_TEST_SUITE_P(Formats, MetadataOfPair, ::testing::ValuesIn(AllPairs()), PairName);

class MetadataOfFormat : public ::testing::TestWithParam<FileFormat> {};

TEST_P(MetadataOfFormat, StripLeavesOnlyTheProfile) {
  if (!CanEncode(GetParam())) {
    GTEST_SKIP() << "this libvips lacks the format";
  }
  const TempDir dir;
  EncodeOptions options = Options(GetParam());
  options.strip_metadata = true;
  ASSERT_TRUE(testing::Encode(MakePicture({40, 30}, 3), FullMetadata(), options, dir / "out").ok());
  const auto picture = Picture::Open(Input::FromFile(dir / "out"), {});
  ASSERT_TRUE(picture.has_value()) << picture.error().message();
  EXPECT_EQ(picture->metadata().exif, "");
  EXPECT_EQ(picture->metadata().xmp, "");
  EXPECT_EQ(picture->metadata().iptc, "");
  EXPECT_EQ(picture->metadata().dpi_x, 0);
  ExpectDisplayP3(picture->metadata(), GetParam() != FileFormat::kJxl);
  EXPECT_EQ(testing::ReadAll(dir / "out").find("A title"), std::string::npos);
}

TEST_P(MetadataOfFormat, ExifToolReadsIt) {
  if (!CanEncode(GetParam())) {
    GTEST_SKIP() << "this libvips lacks the format";
  }
  if (std::system("exiftool -ver >/dev/null 2>&1") != 0) {  // NOLINT: a fixed command
    GTEST_SKIP() << "exiftool is not installed (libimage-exiftool-perl)";
  }
  const TempDir dir;
  const auto path = dir / ("out." + std::string(DefaultExtension(GetParam())));
  ASSERT_TRUE(
      testing::Encode(MakePicture({40, 30}, 3), FullMetadata(), Options(GetParam()), path).ok());
  const auto list = dir / "list";
  const std::string command =
      "exiftool -a -s -n -Make -Orientation -GPSLatitude -Title -Headline -XResolution "
      "-ExifImageWidth -ProfileDescription -Error -ThumbnailImage '" +
      path.string() + "' >'" + list.string() + "' 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0)
      << testing::ReadAll(list);  // NOLINT: our own file names
  const std::string text = testing::ReadAll(list);
  for (const char* line :
       {"Make                            : Recover", "Orientation                     : 1",
        "Title                           : A title", "Headline                        : A headline",
        "XResolution                     : 240", "ExifImageWidth                  : 40"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
  EXPECT_EQ(text.find("Error"), std::string::npos) << text;
  EXPECT_EQ(text.find("ThumbnailImage"), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(Formats, MetadataOfFormat,
                         ::testing::Values(FileFormat::kJpeg, FileFormat::kPng, FileFormat::kTiff,
                                           FileFormat::kWebp, FileFormat::kAvif, FileFormat::kJxl),
                         [](const auto& test) {
                           return std::string(DefaultExtension(test.param));
                         });

TEST(Metadata, BlocksOverASegmentGoOnInJpeg) {
  Metadata metadata = FullMetadata();
  metadata.icc = std::string(200000, 'i');
  metadata.iptc = testing::MakeIptc();
  for (int i = 0; i < 2000; ++i) {  // 2:120 captions of 96 bytes
    metadata.iptc += std::string("\x1C\2\x78\0\x60", 5) + std::string(96, 'c');
  }
  metadata.xmp.insert(metadata.xmp.rfind("</rdf:Description>"),
                      "<dc:description>" + std::string(150000, 'd') + "</dc:description>");
  std::string jpeg = "\xFF\xD8";
  for (const JpegSegment& segment : JpegMetadataSegments(metadata)) {
    ASSERT_LE(segment.payload.size(), 65533U);
    jpeg += '\xFF';
    jpeg += static_cast<char>(segment.marker);
    jpeg += static_cast<char>((segment.payload.size() + 2) >> 8);
    jpeg += static_cast<char>((segment.payload.size() + 2) & 255);
    jpeg += segment.payload;
  }
  const Metadata again = ReadJpegMetadata(MemoryView(jpeg));
  EXPECT_EQ(again.icc, metadata.icc);
  EXPECT_EQ(again.iptc, metadata.iptc);
  EXPECT_NE(again.xmp.find(std::string(150000, 'd')), std::string::npos);
  EXPECT_EQ(again.xmp.find("HasExtendedXMP"), std::string::npos);
  EXPECT_EQ(again.exif, metadata.exif);
}

TEST(Metadata, BrokenExifDoesNotFailThePicture) {
  const TempDir dir;
  for (const char* exif : {"garbage", "II*", "MM\0*\xFF\xFF\xFF\xFF"}) {
    Metadata metadata;
    metadata.exif = exif;
    for (const FileFormat format :
         {FileFormat::kJpeg, FileFormat::kPng, FileFormat::kTiff, FileFormat::kWebp}) {
      ASSERT_TRUE(
          testing::Encode(MakePicture({16, 8}, 3), metadata, Options(format), dir / "out").ok());
      EXPECT_TRUE(testing::DecodeStatus(Input::FromFile(dir / "out")).ok());
    }
    std::string jpeg = testing::ReadAll([&] {
      EXPECT_TRUE(
          testing::Encode(MakePicture({16, 8}, 3), {}, Options(FileFormat::kJpeg), dir / "j").ok());
      return dir / "j";
    }());
    const std::string payload = std::string("Exif\0\0", 6) + exif;
    jpeg.insert(2, std::string("\xFF\xE1\0", 3) + static_cast<char>(payload.size() + 2) + payload);
    EXPECT_TRUE(testing::DecodeStatus(Input::FromMemory(jpeg, "broken exif")).ok());
  }
}

TEST(Xmp, OnlyWholeNamesAreTouched) {
  const std::string xmp =
      "<a tiff:OrientationX=\"6\" tiff:Orientation='8'/><tiff:Orientation> 6</tiff:Orientation>"
      "<xmp:Thumbnails>old</xmp:Thumbnails><tiff:ImageWidth>9</tiff:ImageWidth>";
  const std::string fitted = FitXmp(xmp, {33, 44});
  EXPECT_NE(fitted.find("tiff:OrientationX=\"6\""), std::string::npos);
  EXPECT_NE(fitted.find("tiff:Orientation='1'"), std::string::npos);
  EXPECT_NE(fitted.find("<tiff:ImageWidth>33<"), std::string::npos);
  EXPECT_EQ(fitted.find("old"), std::string::npos);
}

TEST(Xmp, TruncatedPacketsAreSurvived) {
  const std::string xmp = testing::MakeXmp();
  for (size_t i = 0; i < xmp.size(); ++i) {
    FitXmp(xmp.substr(0, i), {1, 2});
    MergeExtendedXmp(xmp.substr(0, i), xmp.substr(i));
  }
}

TEST(Iptc, FoundAmongOtherPhotoshopResources) {
  const std::string other("8BIM\3\xED\0\0\0\0\0\3abc\0", 16);
  const std::string named("8BIM\4\x22\3abc\0\0\0\2xy", 16);
  const std::string block = other + named + PhotoshopFromIptc(testing::MakeIptc()) + other;
  EXPECT_EQ(IptcFromPhotoshop(block), testing::MakeIptc());
  EXPECT_EQ(IptcFromPhotoshop(testing::MakeIptc()), testing::MakeIptc());
  for (size_t i = 0; i < block.size(); ++i) {
    IptcFromPhotoshop(block.substr(0, i));
  }
}

}  // namespace
}  // namespace recover

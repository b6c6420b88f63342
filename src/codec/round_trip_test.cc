#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "codec/encode.h"
#include "codec/picture.h"
#include "codec/test_pictures.h"

namespace recover {
namespace {

using testing::Decode;
using testing::MakePicture;
using testing::MaxDifference;
using testing::RmsDifference;
using testing::TempDir;

struct NamedIcc {
  const char* name;
  std::string (*make)();
};
std::string None() { return {}; }
std::string Srgb() { return SrgbIccProfile(false); }

class RoundTripOfProfile : public ::testing::TestWithParam<NamedIcc> {
 protected:
  /// What is decoded and encoded again holds the same samples, its profile set aside.
  void ExpectKept(int bits, double tolerance) {
    const TempDir dir;
    Metadata tagged;
    tagged.icc = GetParam().make();
    EncodeOptions options;
    options.format = FileFormat::kTiff;
    options.bits_per_sample = bits;
    ASSERT_TRUE(testing::Encode(MakePicture({61, 37}, 3), tagged, options, dir / "first").ok());
    const auto first = Picture::Open(Input::FromFile(dir / "first"), {});
    ASSERT_TRUE(first.has_value()) << first.error().message();
    EXPECT_EQ(first->metadata().icc, tagged.icc);
    EXPECT_EQ(first->info().bits_per_sample, bits);
    ASSERT_TRUE(testing::Encode(Decode(*first), first->metadata(), options, dir / "second").ok());
    EXPECT_LE(MaxDifference(StoredSamples(dir / "first"), StoredSamples(dir / "second")),
              tolerance);
  }

  /// The samples as stored: read from the same bytes with the profile made unreadable.
  static Image StoredSamples(const std::filesystem::path& path) {
    const std::string icc = GetParam().make();
    std::string bytes = testing::ReadAll(path);
    if (!icc.empty()) {
      const size_t at = bytes.find(icc.substr(0, 128));
      EXPECT_NE(at, std::string::npos);
      bytes.replace(at + 36, 4, "none");  // where an ICC profile says "acsp"
    }
    const auto untagged = Picture::Open(Input::FromMemory(bytes, "untagged"), {});
    EXPECT_TRUE(untagged.has_value());
    EXPECT_FALSE(untagged->info().has_profile);
    EXPECT_EQ(untagged->info().notes.size(), icc.empty() ? 0U : 1U) << "a broken profile is told";
    return Decode(*untagged);
  }
};

TEST_P(RoundTripOfProfile, Keeps8BitTiff) { ExpectKept(8, 1.001 / 255); }
TEST_P(RoundTripOfProfile, Keeps16BitTiff) { ExpectKept(16, 2.001 / 65535); }

INSTANTIATE_TEST_SUITE_P(Profiles, RoundTripOfProfile,
                         ::testing::Values(NamedIcc{"Untagged", None}, NamedIcc{"Srgb", Srgb},
                                           NamedIcc{"DisplayP3", testing::MakeDisplayP3},
                                           NamedIcc{"AdobeRgb", testing::MakeAdobeRgb},
                                           NamedIcc{"ProPhoto", testing::MakeProPhoto}),
                         [](const auto& test) { return test.param.name; });

/// Every format, channel count and depth; awkward sizes.
struct Case {
  FileFormat format;
  int bits;
  bool lossless;
};

class RoundTripOfFormat : public ::testing::TestWithParam<Case> {};

TEST_P(RoundTripOfFormat, KeepsShapeAndPixels) {
  const auto [format, bits, lossless] = GetParam();
  if (!CanEncode(format) || !CanDecode(format)) {
    GTEST_SKIP() << "this libvips lacks the format";
  }
  const TempDir dir;
  for (const Size size :
       {Size{1, 1}, Size{2, 3}, Size{17, 1}, Size{1, 31}, Size{61, 67}, Size{128, 97}}) {
    for (int channels = 1; channels <= 4; ++channels) {
      if (channels % 2 == 0 && !SupportsAlpha(format)) {
        continue;
      }
      SCOPED_TRACE(std::to_string(size.width) + "x" + std::to_string(size.height) + "x" +
                   std::to_string(channels));
      EncodeOptions options;
      options.format = format;
      options.bits_per_sample = bits;
      options.quality = lossless ? 100 : 0;
      const Image image = MakePicture(size, channels);
      const Status status = testing::Encode(image, {}, options, dir / "out");
      ASSERT_TRUE(status.ok()) << status.message();
      const auto picture = Picture::Open(Input::FromFile(dir / "out"), {});
      ASSERT_TRUE(picture.has_value()) << picture.error().message();
      EXPECT_EQ(picture->info().format, format);
      const Image back = Decode(*picture);
      ASSERT_EQ(back.size(), size);
      // WebP and AVIF know no grey: their decoders give RGB of three equal channels.
      if (format == FileFormat::kWebp || format == FileFormat::kAvif) {
        ASSERT_EQ(back.channels() % 2, channels % 2);
        if (channels <= 2) {
          continue;
        }
      }
      ASSERT_EQ(back.channels(), channels);
      if (lossless) {
        EXPECT_LE(MaxDifference(image, back), bits == 16 ? 0.501 / 65535 : 0.501 / 255);
      } else if (size.area() > 1000) {
        EXPECT_LE(RmsDifference(image, back), 0.015);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, RoundTripOfFormat,
    ::testing::Values(Case{FileFormat::kJpeg, 8, false}, Case{FileFormat::kPng, 8, true},
                      Case{FileFormat::kPng, 16, true}, Case{FileFormat::kTiff, 8, true},
                      Case{FileFormat::kTiff, 16, true}, Case{FileFormat::kWebp, 8, true},
                      Case{FileFormat::kWebp, 8, false}, Case{FileFormat::kAvif, 8, false},
                      Case{FileFormat::kAvif, 16, false}, Case{FileFormat::kJxl, 8, true},
                      Case{FileFormat::kJxl, 16, true}, Case{FileFormat::kJxl, 8, false}),
    [](const auto& test) {
      return std::string(DefaultExtension(test.param.format)) + std::to_string(test.param.bits) +
             (test.param.lossless ? "lossless" : "lossy");
    });

TEST(Encode, SrgbModeGivesTheRightColours) {
  const TempDir dir;
  Metadata tagged;
  tagged.icc = testing::MakeDisplayP3();
  EncodeOptions options;
  options.format = FileFormat::kPng;
  options.bits_per_sample = 16;
  const Image image = MakePicture({40, 30}, 3);
  ASSERT_TRUE(testing::Encode(image, tagged, options, dir / "p3").ok());
  const auto picture = Picture::Open(Input::FromFile(dir / "p3"), {});
  options.profile = ProfileMode::kSrgb;
  ASSERT_TRUE(testing::Encode(Decode(*picture), picture->metadata(), options, dir / "srgb").ok());
  const auto srgb = Picture::Open(Input::FromFile(dir / "srgb"), {});
  ASSERT_TRUE(srgb.has_value());
  EXPECT_EQ(srgb->metadata().icc, SrgbIccProfile(false));
  EXPECT_LE(MaxDifference(Decode(*srgb), image), 4.0 / 65535);
}

TEST(Encode, ClampsAndRoundsAndTakesNotANumberAsBlack) {
  const TempDir dir;
  Image image({6, 1}, 1);
  const float values[] = {-0.5F,
                          1.5F,
                          std::numeric_limits<float>::quiet_NaN(),
                          0.5F / 255 + 1e-4F,
                          0.5F / 255 - 1e-4F,
                          std::numeric_limits<float>::infinity()};
  std::copy(std::begin(values), std::end(values), image.samples().begin());
  EncodeOptions options;
  options.format = FileFormat::kPng;
  ASSERT_TRUE(testing::Encode(image, {}, options, dir / "out").ok());
  const Image back = Decode(dir / "out");
  const float expected[] = {0, 1, 0, 1.0F / 255, 0, 1};
  for (int i = 0; i < 6; ++i) {
    EXPECT_FLOAT_EQ(back.at(i, 0, 0), expected[i]) << i;
  }
}

TEST(Encode, JpegLaysAlphaOverWhite) {
  const TempDir dir;
  Image image({16, 16}, 4);  // black, fully clear
  EncodeOptions options;
  ASSERT_TRUE(testing::Encode(image, {}, options, dir / "out").ok());
  const Image back = Decode(dir / "out");
  ASSERT_EQ(back.channels(), 3);
  EXPECT_NEAR(back.at(8, 8, 1), 1, 0.01);
}

TEST(Encode, SameRowsMakeTheSameBytes) {
  const TempDir dir;
  Metadata metadata;
  metadata.exif = testing::MakeExif(true);
  metadata.icc = testing::MakeAdobeRgb();
  for (const FileFormat format : kAllFormats) {
    if (CanEncode(format)) {
      EncodeOptions options;
      options.format = format;
      options.profile = ProfileMode::kSrgb;
      ASSERT_TRUE(testing::Encode(MakePicture({90, 70}, 3), metadata, options, dir / "a").ok());
      ASSERT_TRUE(testing::Encode(MakePicture({90, 70}, 3), metadata, options, dir / "b").ok());
      EXPECT_EQ(testing::ReadAll(dir / "a"), testing::ReadAll(dir / "b")) << FileFormatName(format);
    }
  }
}

/// Fails with a given status after some rows.
class FailingRows : public RowSource {
 public:
  FailingRows(Status failure, int good_rows)
      : failure_(std::move(failure)), good_rows_(good_rows) {}
  Size size() const override { return {32, 200}; }
  int channels() const override { return 3; }
  Status Read(MutableImageView rows) override {
    good_rows_ -= rows.height();
    return good_rows_ >= 0 ? Status::Ok() : failure_;
  }

 private:
  Status failure_;
  int good_rows_;
};

TEST(Encode, ErrorsOfTheRowsComeBackAsTheyAre) {
  const TempDir dir;
  for (const FileFormat format : kAllFormats) {
    for (const int good_rows : {0, 100}) {
      if (CanEncode(format)) {
        FailingRows rows({StatusCode::kCancelled, "stopped by the test"}, good_rows);
        EncodeOptions options;
        options.format = format;
        const Status status = EncodeFile(rows, {}, options, dir / "out");
        EXPECT_EQ(status.code(), StatusCode::kCancelled);
        EXPECT_EQ(status.message(), "stopped by the test");
      }
    }
  }
}

TEST(Encode, AFullDiskIsOutOfSpace) {
  if (!std::filesystem::exists("/dev/full")) {
    GTEST_SKIP() << "no /dev/full here";
  }
  for (const FileFormat format : kAllFormats) {
    if (CanEncode(format)) {
      EncodeOptions options;
      options.format = format;
      const Status status = testing::Encode(MakePicture({700, 500}, 3), {}, options, "/dev/full");
      EXPECT_EQ(status.code(), StatusCode::kOutOfSpace)
          << FileFormatName(format) << ": " << status.message();
    }
  }
}

TEST(Encode, ImpossibleRequestsAreRefusedBeforeAnyWork) {
  EncodeOptions options;
  options.format = FileFormat::kJpeg;
  EXPECT_EQ(CheckEncodable({70000, 10}, 3, options).code(), StatusCode::kTooLarge);
  options.format = FileFormat::kWebp;
  EXPECT_EQ(CheckEncodable({16384, 10}, 3, options).code(), StatusCode::kTooLarge);
  EXPECT_TRUE(CheckEncodable({16383, 10}, 3, options).ok());
  options.quality = 101;
  EXPECT_EQ(CheckEncodable({10, 10}, 3, options).code(), StatusCode::kInvalidArgument);
  options.quality = 50;
  options.bits_per_sample = 12;
  EXPECT_EQ(CheckEncodable({10, 10}, 3, options).code(), StatusCode::kInvalidArgument);
  options = {};
  options.format = FileFormat::kHeic;
  EXPECT_EQ(CheckEncodable({10, 10}, 3, options).code(), StatusCode::kUnavailable);
  options.format = FileFormat::kTiff;
  EXPECT_EQ(testing::Encode(MakePicture({4, 4}, 3), {}, options, "/nowhere/out.tif").code(),
            StatusCode::kNotFound);
}

}  // namespace
}  // namespace recover

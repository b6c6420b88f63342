#include "codec/picture.h"

#include <cmath>

#include <gtest/gtest.h>
#include <vips/vips.h>

#include "codec/byte_order.h"
#include "codec/exif_write.h"
#include "codec/sniff.h"
#include "codec/test_pictures.h"
#include "codec/tiff_ifd.h"
#include "codec/vips_ptr.h"
#include "codec/vips_runtime.h"

namespace recover {
namespace {

using namespace std::string_literals;
using testing::Decode;
using testing::DecodeStatus;
using testing::MakePicture;
using testing::MaxDifference;
using testing::RmsDifference;
using testing::TempDir;

/// `image` as 8-bit samples in a libvips image, to be saved in ways that our encoders do not.
VipsPtr<VipsImage> ToVips(const Image& image, bool cmyk = false) {
  EXPECT_TRUE(StartVips().ok());
  std::vector<uint8_t> bytes;
  for (const float sample : image.samples()) {
    bytes.push_back(static_cast<uint8_t>(std::lround(sample * 255)));
  }
  VipsPtr<VipsImage> wrapped(vips_image_new_from_memory_copy(bytes.data(), bytes.size(),
                                                             image.width(), image.height(),
                                                             image.channels(), VIPS_FORMAT_UCHAR));
  wrapped->Type = cmyk                    ? VIPS_INTERPRETATION_CMYK
                  : image.channels() <= 2 ? VIPS_INTERPRETATION_B_W
                                          : VIPS_INTERPRETATION_sRGB;
  return wrapped;
}

class ReadingByVips : public ::testing::Test {
 protected:
  /// Saves through libvips with options as in "out.png[interlace]", and decodes.
  Image SavedAndRead(const Image& image, const std::string& name_and_options,
                     PictureInfo* info = nullptr) {
    const std::string path = (dir_ / name_and_options).string();
    EXPECT_EQ(vips_image_write_to_file(ToVips(image).get(), path.c_str(), nullptr), 0)
        << TakeVipsErrors();
    const auto picture = Picture::Open(Input::FromFile(path.substr(0, path.find('['))), {});
    if (!picture.has_value()) {
      ADD_FAILURE() << picture.error().message();
      return {};
    }
    if (info != nullptr) {
      *info = picture->info();
    }
    return Decode(*picture);
  }

  TempDir dir_;
  Image image_ = MakePicture({97, 61}, 3);
};

TEST_F(ReadingByVips, ProgressiveJpeg) {
  PictureInfo info;
  const Image back = SavedAndRead(image_, "out.jpg[Q=95,interlace]", &info);
  EXPECT_LE(RmsDifference(back, image_), 0.015);
  EXPECT_TRUE(info.is_progressive_or_interlaced);
  EXPECT_GE(info.decode_memory_bytes, int64_t{97} * 61 * 2);
}

TEST_F(ReadingByVips, GreyJpegStaysGrey) {
  const Image grey = MakePicture({97, 61}, 1);
  const Image back = SavedAndRead(grey, "out.jpg[Q=95]");
  EXPECT_EQ(back.channels(), 1);
  EXPECT_LE(RmsDifference(back, grey), 0.015);
}

TEST_F(ReadingByVips, CmykJpegAndTiffBecomeRgb) {
  Image inks({16, 8}, 4);  // no ink on the left, all black ink on the right
  for (int y = 0; y < 8; ++y) {
    for (int x = 8; x < 16; ++x) {
      inks.at(x, y, 3) = 1;
    }
  }
  for (const char* name : {"out.jpg", "out.tif"}) {
    const std::string path = (dir_ / name).string();
    ASSERT_EQ(vips_image_write_to_file(ToVips(inks, true).get(), path.c_str(), nullptr), 0)
        << TakeVipsErrors();
    const Image back = Decode(path);
    ASSERT_EQ(back.channels(), 3) << name;
    EXPECT_GT(back.at(2, 4, 1), 0.9F) << name;
    EXPECT_LT(back.at(13, 4, 1), 0.25F) << name;
  }
}

TEST_F(ReadingByVips, InterlacedPng) {
  PictureInfo info;
  EXPECT_LE(MaxDifference(SavedAndRead(image_, "out.png[interlace]", &info), image_), 0.51 / 255);
  EXPECT_TRUE(info.is_progressive_or_interlaced);
  EXPECT_GE(info.decode_memory_bytes, int64_t{97} * 61 * 3);
}

TEST_F(ReadingByVips, SmallPngDepths) {
  Image steps({16, 16}, 1);
  for (const int bits : {1, 2, 4}) {
    const int levels = (1 << bits) - 1;
    for (int i = 0; i < 256; ++i) {
      steps.at(i % 16, i / 16, 0) =
          static_cast<float>(i % 16 * (levels + 1) / 16) / static_cast<float>(levels);
    }
    PictureInfo info;
    const Image back = SavedAndRead(steps, "out.png[bitdepth=" + std::to_string(bits) + "]", &info);
    EXPECT_EQ(info.bits_per_sample, bits);
    EXPECT_LE(MaxDifference(back, steps), 0.51 / 255) << bits;
  }
}

TEST_F(ReadingByVips, PalettePngBecomesRgb) {
  const Image back = SavedAndRead(image_, "out.png[palette]");
  EXPECT_EQ(back.channels(), 3);
  EXPECT_LE(RmsDifference(back, image_), 0.05);
}

TEST_F(ReadingByVips, TiffOfManyKinds) {
  for (const char* options :
       {"out.tif[compression=lzw,predictor=horizontal]", "out.tif[compression=deflate]",
        "out.tif[tile,tile_width=64,tile_height=32]", "out.tif[bigtiff]",
        "out.tif[compression=packbits]", "out.tif[tile,pyramid]"}) {
    EXPECT_LE(MaxDifference(SavedAndRead(image_, options), image_), 0.51 / 255) << options;
  }
}

TEST_F(ReadingByVips, FloatTiffKeepsValuesAboveOne) {
  VipsImage* scaled = nullptr;
  const auto bytes = ToVips(image_);
  ASSERT_EQ(vips_linear1(bytes.get(), &scaled, 2.0 / 255, 0.0, nullptr), 0);
  const VipsPtr<VipsImage> floats(scaled);
  const std::string path = (dir_ / "float.tif").string();
  ASSERT_EQ(vips_tiffsave(floats.get(), path.c_str(), nullptr), 0) << TakeVipsErrors();
  const auto picture = Picture::Open(Input::FromFile(path), {});
  ASSERT_TRUE(picture.has_value()) << picture.error().message();
  EXPECT_TRUE(picture->info().is_float);
  EXPECT_EQ(picture->info().bits_per_sample, 32);
  const Image back = Decode(*picture);
  EXPECT_NEAR(back.at(90, 10, 0), 2 * image_.at(90, 10, 0), 2.0 / 255);
}

TEST_F(ReadingByVips, LabTiffComesOutInItsColours) {
  VipsImage* lab = nullptr;
  const auto bytes = ToVips(image_);
  ASSERT_EQ(vips_colourspace(bytes.get(), &lab, VIPS_INTERPRETATION_LABS, nullptr), 0);
  const VipsPtr<VipsImage> owner(lab);
  const std::string path = (dir_ / "lab.tif").string();
  ASSERT_EQ(vips_tiffsave(lab, path.c_str(), nullptr), 0) << TakeVipsErrors();
  const Image back = Decode(path);
  ASSERT_EQ(back.channels(), 3);
  // libvips makes Lab relative to D65 where TIFF means D50: neutrals agree, colours to a few
  // hundredths.
  EXPECT_LE(RmsDifference(back, image_), 0.05);
}

TEST_F(ReadingByVips, FirstOfManyPages) {
  VipsImage* joined = nullptr;
  const auto first = ToVips(image_);
  const auto second = ToVips(Image({97, 61}, 3));
  VipsImage* both[] = {first.get(), second.get()};
  ASSERT_EQ(vips_arrayjoin(both, &joined, 2, "across", 1, nullptr), 0);
  const VipsPtr<VipsImage> owner(joined);
  vips_image_set_int(joined, VIPS_META_PAGE_HEIGHT, 61);
  const std::string path = (dir_ / "pages.tif").string();
  ASSERT_EQ(vips_tiffsave(joined, path.c_str(), nullptr), 0) << TakeVipsErrors();
  const auto picture = Picture::Open(Input::FromFile(path), {});
  ASSERT_TRUE(picture.has_value()) << picture.error().message();
  EXPECT_EQ(picture->info().pages, 2);
  EXPECT_LE(MaxDifference(Decode(*picture), image_), 0.51 / 255);
}

TEST(Picture, OrientationIsAppliedInEveryFormatThatHasIt) {
  const TempDir dir;
  const Image image = MakePicture({40, 24}, 3);
  for (const FileFormat format :
       {FileFormat::kJpeg, FileFormat::kPng, FileFormat::kWebp, FileFormat::kTiff}) {
    EncodeOptions options;
    options.format = format;
    options.quality = format == FileFormat::kWebp ? 100 : 0;
    Metadata metadata;
    metadata.exif = testing::MakeExif(false);
    ASSERT_TRUE(testing::Encode(image, metadata, options, dir / "upright").ok());
    const Image upright = Decode(dir / "upright");
    for (int orientation = 1; orientation <= 8; ++orientation) {
      // The encoder wrote "1": the test writes another value there, in the bytes.
      std::string bytes = testing::ReadAll(dir / "upright");
      std::string field;
      AppendUint(field, 2, false, tiff_tag::kOrientation);
      field += "\3\0\1\0\0\0"s;
      const size_t at = bytes.rfind(field);  // TIFF: the directory that counts is the last one
      ASSERT_NE(at, std::string::npos);
      bytes[at + 8] = static_cast<char>(orientation);
      const auto picture = Picture::Open(Input::FromMemory(bytes, "oriented"), {});
      ASSERT_TRUE(picture.has_value()) << picture.error().message();
      EXPECT_EQ(picture->info().orientation, orientation);
      const Image back = Decode(*picture);
      ASSERT_EQ(back.size(), orientation >= 5 ? (Size{24, 40}) : (Size{40, 24}));
      for (int y = 0; y < back.height(); ++y) {
        for (int x = 0; x < back.width(); ++x) {
          const bool swaps = orientation >= 5;
          const int u = swaps ? y : x;
          const int v = swaps ? x : y;
          const int sx =
              orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8 ? 39 - u
                                                                                           : u;
          const int sy =
              orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7 ? 23 - v
                                                                                           : v;
          ASSERT_EQ(back.at(x, y, 0), upright.at(sx, sy, 0))
              << FileFormatName(format) << " " << orientation;
        }
      }
    }
  }
}

TEST(Picture, PremultipliedTiffIsMadeStraight) {
  const TempDir dir;
  Image image({8, 8}, 4);
  for (int i = 0; i < 64; ++i) {
    image.at(i % 8, i / 8, 0) = 0.25F;
    image.at(i % 8, i / 8, 3) = 0.5F;
  }
  EncodeOptions options;
  options.format = FileFormat::kTiff;
  ASSERT_TRUE(testing::Encode(image, {}, options, dir / "out").ok());
  std::string bytes = testing::ReadAll(dir / "out");
  const size_t at = bytes.rfind("\x52\1\3\0\1\0\0\0\2"s);  // ExtraSamples = 2, straight
  ASSERT_NE(at, std::string::npos);
  bytes[at + 8] = 1;
  const auto picture = Picture::Open(Input::FromMemory(bytes, "premultiplied"), {});
  ASSERT_TRUE(picture.has_value());
  EXPECT_NEAR(Decode(*picture).at(3, 3, 0), 0.5, 0.01);
  bytes[at + 8] = 0;
  const auto selection = Picture::Open(Input::FromMemory(bytes, "selection"), {});
  ASSERT_TRUE(selection.has_value());
  EXPECT_EQ(selection->info().channels, 3);
  EXPECT_NEAR(Decode(*selection).at(3, 3, 0), 0.25, 0.01);
}

TEST(Picture, NeverTrustsTheName) {
  const TempDir dir;
  EncodeOptions options;
  options.format = FileFormat::kPng;
  ASSERT_TRUE(testing::Encode(MakePicture({9, 9}, 3), {}, options, dir / "photo.jpg").ok());
  const auto picture = Picture::Open(Input::FromFile(dir / "photo.jpg"), {});
  ASSERT_TRUE(picture.has_value());
  EXPECT_EQ(picture->info().format, FileFormat::kPng);
}

TEST(Picture, WhatIsNoPictureIsRefusedInOneSentence) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "folder.jpg");
  testing::WriteAll(dir / "empty.jpg", "");
  testing::WriteAll(dir / "locked.jpg", "\xFF\xD8\xFF");
  std::filesystem::permissions(dir / "locked.jpg", std::filesystem::perms::none);
  const auto code = [&](const std::string& name) {
    const Status status = DecodeStatus(Input::FromFile(dir / name));
    EXPECT_EQ(status.message().find('\n'), std::string::npos);
    EXPECT_NE(status.message().find(name), std::string::npos)
        << "the sentence names the file: " << status.message();
    return status.code();
  };
  EXPECT_EQ(code("folder.jpg"), StatusCode::kInvalidArgument);
  EXPECT_EQ(code("empty.jpg"), StatusCode::kCorruptInput);
  EXPECT_EQ(code("missing.jpg"), StatusCode::kNotFound);
  if (geteuid() != 0) {
    EXPECT_EQ(code("locked.jpg"), StatusCode::kPermissionDenied);
  }
  const auto refused = [](std::string bytes) {
    bytes.resize(std::max<size_t>(bytes.size(), 64));
    return DecodeStatus(Input::FromMemory(bytes, "input"));
  };
  for (const char* head : {"GIF89a", "%PDF-1.4", "BM\x36\x10", "8BPS", "hello, I am a text",
                           "<svg xmlns='http://www.w3.org/2000/svg'/>"}) {
    EXPECT_EQ(refused(head).code(), StatusCode::kUnsupportedFormat) << head;
  }
  EXPECT_EQ(refused("\0\0\0\x18"
                    "ftypmp42"s)
                .code(),
            StatusCode::kUnsupportedFormat);
}

/// A TIFF whose first directory has these fields, and perhaps a sub-directory.
std::string MakeTiff(std::vector<IfdEntry> fields, const std::vector<IfdEntry>& sub = {}) {
  std::string bytes("II*\0\0\0\0\0", 8);
  if (!sub.empty()) {
    fields.push_back(MakeLong(tiff_tag::kSubIfds, static_cast<uint32_t>(bytes.size())));
    AppendIfd(bytes, sub, 0, {});
    bytes.resize(bytes.size() + bytes.size() % 2);
  }
  StoreUint(bytes, 4, 4, false, bytes.size());
  AppendIfd(bytes, std::move(fields), 0, {});
  bytes.resize(bytes.size() + 64);
  return bytes;
}

TEST(Picture, CameraRawIsRefusedWithWhatToDo) {
  const auto sentence = [](std::string bytes) {
    bytes.resize(std::max<size_t>(bytes.size(), 64));
    const Status status = DecodeStatus(Input::FromMemory(bytes, "raw"));
    EXPECT_EQ(status.code(), StatusCode::kUnsupportedFormat) << status.message();
    EXPECT_NE(status.message().find("RAW"), std::string::npos) << status.message();
    EXPECT_NE(status.message().find("TIFF"), std::string::npos) << status.message();
    return status.message();
  };
  const IfdEntry sony = MakeEntry(tiff_tag::kMake, tiff_type::kAscii, "SONY\0"s);
  EXPECT_NE(sentence("II*\0\x10\0\0\0CR\2\0"s).find("CR2"), std::string::npos);
  EXPECT_NE(sentence("\0\0\0\x18"
                     "ftypcrx \0\0\0\1"s)
                .find("CR3"),
            std::string::npos);
  EXPECT_NE(sentence("FUJIFILMCCD-RAW 0201"s).find("RAF"), std::string::npos);
  EXPECT_NE(sentence("IIRO\x08\0\0\0"s).find("ORF"), std::string::npos);
  EXPECT_NE(sentence("IIU\0\x18\0\0\0"s).find("RW2"), std::string::npos);
  EXPECT_NE(sentence(MakeTiff({MakeEntry(tiff_tag::kDngVersion, tiff_type::kByte, "\1\4\0\0"s)}))
                .find("DNG"),
            std::string::npos);
  // ARW and NEF: a small picture first, sensor data in a sub-directory.
  EXPECT_NE(sentence(MakeTiff({sony, MakeShort(tiff_tag::kCompression, 6)},
                              {MakeShort(tiff_tag::kPhotometric, 32803)}))
                .find("SONY"),
            std::string::npos);
  sentence(MakeTiff({MakeShort(tiff_tag::kCompression, 34713)}));
}

TEST(Picture, BombsAreRefusedFromTheHeader) {
  const auto code = [](const std::string& bytes) {
    DecodeOptions options;
    options.max_pixels = 100'000'000;
    return DecodeStatus(Input::FromMemory(bytes, "bomb"), options).code();
  };
  EncodeOptions options;
  const TempDir dir;
  const Image image = MakePicture({64, 64}, 3);
  const auto encoded = [&](FileFormat format) {
    options.format = format;
    EXPECT_TRUE(testing::Encode(image, {}, options, dir / "out").ok());
    return testing::ReadAll(dir / "out");
  };
  std::string jpeg = encoded(FileFormat::kJpeg);
  const size_t frame = jpeg.find("\xFF\xC0");
  StoreUint(jpeg, frame + 5, 2, true, 60000);
  StoreUint(jpeg, frame + 7, 2, true, 60000);
  EXPECT_EQ(code(jpeg), StatusCode::kTooLarge);
  std::string png = encoded(FileFormat::kPng);
  StoreUint(png, 16, 4, true, 60000);
  StoreUint(png, 20, 4, true, 60000);
  EXPECT_EQ(code(png), StatusCode::kTooLarge);
  StoreUint(png, 16, 4, true, 0xFFFFFFFF);
  StoreUint(png, 20, 4, true, 0xFFFFFFFF);
  EXPECT_EQ(code(png), StatusCode::kTooLarge);
  EXPECT_EQ(code(MakeTiff(
                {MakeLong(tiff_tag::kImageWidth, 60000), MakeLong(tiff_tag::kImageLength, 60000)})),
            StatusCode::kTooLarge);
  std::string webp = encoded(FileFormat::kWebp);
  const size_t vp8 = webp.find("VP8 ");
  ASSERT_NE(vp8, std::string::npos);
  StoreUint(webp, vp8 + 14, 2, false, 16000);
  StoreUint(webp, vp8 + 16, 2, false, 16000);
  EXPECT_EQ(code(webp), StatusCode::kTooLarge);
  if (CanEncode(FileFormat::kAvif)) {
    std::string avif = encoded(FileFormat::kAvif);
    const size_t ispe = avif.find("ispe");
    StoreUint(avif, ispe + 8, 4, true, 60000);
    StoreUint(avif, ispe + 12, 4, true, 60000);
    EXPECT_EQ(code(avif), StatusCode::kTooLarge);
  }
  // A JPEG XL codestream's size header: 2^30 x 2^30.
  EXPECT_EQ(code("\xFF\x0A\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), StatusCode::kTooLarge);
}

class HostileFiles : public ::testing::TestWithParam<FileFormat> {
 protected:
  std::string Bytes() const {
    const TempDir dir;
    EncodeOptions options;
    options.format = GetParam();
    Metadata metadata;
    metadata.exif = testing::MakeExif(true);
    metadata.xmp = testing::MakeXmp();
    metadata.icc = testing::MakeDisplayP3();
    EXPECT_TRUE(testing::Encode(MakePicture({150, 110}, 3), metadata, options, dir / "out").ok());
    return testing::ReadAll(dir / "out");
  }
};

TEST_P(HostileFiles, HeaderSizeIsThePicturesSize) {
  if (!CanEncode(GetParam())) {
    GTEST_SKIP() << "this libvips lacks the format";
  }
  const std::string bytes = Bytes();
  const auto size = ReadHeaderSize(MemoryView(bytes), GetParam());
  ASSERT_TRUE(size.has_value());
  EXPECT_EQ(*size, (Size{150, 110}));
}

TEST_P(HostileFiles, EveryCutIsAnErrorAndNeverAGreyPicture) {
  if (!CanEncode(GetParam())) {
    GTEST_SKIP() << "this libvips lacks the format";
  }
  const std::string bytes = Bytes();
  for (int i = 1; i <= 40; ++i) {
    size_t kept = bytes.size() * static_cast<size_t>(i) / 41;
    if (bytes.substr(kept + 4, 4) == "xml " || bytes.substr(kept + 4, 4) == "Exif") {
      ++kept;  // between two boxes nothing tells that there was another
    }
    const Status status = DecodeStatus(Input::FromMemory(bytes.substr(0, kept), "cut"));
    EXPECT_EQ(status.code(), StatusCode::kCorruptInput)
        << kept << " of " << bytes.size() << ": " << status.message();
  }
}

TEST_P(HostileFiles, FlippedBytesNeverCrash) {
  if (!CanEncode(GetParam())) {
    GTEST_SKIP() << "this libvips lacks the format";
  }
  const std::string bytes = Bytes();
  DecodeOptions options;
  options.max_pixels = 1'000'000;
  for (size_t i = 0; i < bytes.size(); i += i < 400 ? 3 : bytes.size() / 60) {
    std::string broken = bytes;
    broken[i] = static_cast<char>(broken[i] ^ 0x5A);
    const Status status = DecodeStatus(Input::FromMemory(broken, "broken"), options);
    EXPECT_EQ(status.message().find('\n'), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, HostileFiles,
                         ::testing::Values(FileFormat::kJpeg, FileFormat::kPng, FileFormat::kTiff,
                                           FileFormat::kWebp, FileFormat::kAvif, FileFormat::kJxl),
                         [](const auto& test) {
                           return std::string(DefaultExtension(test.param));
                         });

TEST(Format, NamesParse) {
  for (const FileFormat format : kAllFormats) {
    const auto parsed = ParseFormatName(DefaultExtension(format));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(*parsed, format);
  }
  EXPECT_EQ(*ParseFormatName(".JPEG"), FileFormat::kJpeg);
  for (const char* name : {"", ".", "gif", "jp", "jpg ", " "}) {
    EXPECT_FALSE(ParseFormatName(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace recover

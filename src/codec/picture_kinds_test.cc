// Kinds of file that our own encoders never write, and that people have.

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <vips/vips.h>

#include "codec/byte_order.h"
#include "codec/libjpeg.h"
#include "codec/picture.h"
#include "codec/test_pictures.h"
#include "codec/vips_ptr.h"
#include "codec/vips_runtime.h"

namespace recover {
namespace {

using namespace std::string_literals;
using testing::Decode;
using testing::MakePicture;
using testing::MaxDifference;
using testing::RmsDifference;
using testing::TempDir;

std::string PngChunkBytes(const std::string& type, const std::string& payload) {
  std::string bytes;
  AppendBe32(bytes, static_cast<uint32_t>(payload.size()));
  const std::string body = type + payload;
  bytes += body;
  AppendBe32(bytes, static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(body.data()),
                                                static_cast<uInt>(body.size()))));
  return bytes;
}

/// A PNG made by hand. `rows`: packed samples, each row without its filter byte.
std::string MakePng(Size size, int bits, int colour_type, const std::string& more_chunks,
                    const std::vector<std::string>& rows) {
  std::string header;
  AppendBe32(header, static_cast<uint32_t>(size.width));
  AppendBe32(header, static_cast<uint32_t>(size.height));
  header += {static_cast<char>(bits), static_cast<char>(colour_type), 0, 0, 0};
  std::string raw;
  for (const std::string& row : rows) {
    raw += '\0';
    raw += row;
  }
  uLongf packed_size = compressBound(raw.size());
  std::string packed(packed_size, '\0');
  EXPECT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &packed_size,
                     reinterpret_cast<const Bytef*>(raw.data()), raw.size()),
            Z_OK);
  packed.resize(packed_size);
  return "\x89PNG\r\n\x1a\n"s + PngChunkBytes("IHDR", header) + more_chunks +
         PngChunkBytes("IDAT", packed) + PngChunkBytes("IEND", "");
}

Image DecodeBytes(const std::string& bytes) {
  const auto picture = Picture::Open(Input::FromMemory(bytes, "made by hand"), {});
  if (!picture.has_value()) {
    ADD_FAILURE() << picture.error().message();
    return {};
  }
  return Decode(*picture);
}

void ExpectPixel(const Image& image, int x, const std::vector<float>& expected) {
  ASSERT_EQ(image.channels(), static_cast<int>(expected.size()));
  for (int c = 0; c < image.channels(); ++c) {
    EXPECT_NEAR(image.at(x, 0, c), expected[static_cast<size_t>(c)], 1e-6) << x << ", " << c;
  }
}

TEST(PngTransparency, PaletteEntriesHaveTheirOwnAlpha) {
  const std::string palette = PngChunkBytes("PLTE", "\xFF\0\0\0\xFF\0\0\0\xFF"s);
  const std::string alphas = PngChunkBytes("tRNS", "\0\x33"s);  // the third stays opaque
  const Image image = DecodeBytes(MakePng({3, 1}, 8, 3, palette + alphas, {"\0\1\2"s}));
  ExpectPixel(image, 0, {1, 0, 0, 0});
  ExpectPixel(image, 1, {0, 1, 0, 0.2F});
  ExpectPixel(image, 2, {0, 0, 1, 1});
}

TEST(PngTransparency, OneGreyLevelIsClear) {
  const std::string clear = PngChunkBytes("tRNS", "\0\x66"s);
  const Image image = DecodeBytes(MakePng({3, 1}, 8, 0, clear, {"\x33\x66\x99"s}));
  ExpectPixel(image, 0, {0.2F, 1});
  ExpectPixel(image, 1, {0.4F, 0});
  ExpectPixel(image, 2, {0.6F, 1});
}

TEST(PngTransparency, OneGreyLevelOfTwoBitsIsClear) {
  const std::string clear = PngChunkBytes("tRNS", "\0\1"s);
  const Image image = DecodeBytes(MakePng({4, 1}, 2, 0, clear, {"\x1B"s}));  // 0, 1, 2, 3
  ExpectPixel(image, 0, {0, 1});
  ExpectPixel(image, 1, {1.0F / 3, 0});
  ExpectPixel(image, 3, {1, 1});
}

TEST(PngTransparency, OneColourIsClear) {
  const std::string clear = PngChunkBytes("tRNS", "\0\xFF\0\0\0\x33"s);
  const Image image = DecodeBytes(MakePng({2, 1}, 8, 2, clear, {"\xFF\0\x33\xFF\0\x66"s}));
  ExpectPixel(image, 0, {1, 0, 0.2F, 0});
  ExpectPixel(image, 1, {1, 0, 0.4F, 1});
}

TEST(PngTransparency, OneColourOf16BitsIsClearAndNotItsNeighbour) {
  const std::string clear = PngChunkBytes("tRNS", "\x12\x34\0\0\xFF\xFF"s);
  const Image image =
      DecodeBytes(MakePng({2, 1}, 16, 2, clear, {"\x12\x34\0\0\xFF\xFF\x12\x35\0\0\xFF\xFF"s}));
  ExpectPixel(image, 0, {4660.0F / 65535, 0, 1, 0});
  ExpectPixel(image, 1, {4661.0F / 65535, 0, 1, 1});
}

/// `image` in libvips, with 16 bits.
VipsPtr<VipsImage> ToDeepVips(const Image& image) {
  EXPECT_TRUE(StartVips().ok());
  std::vector<uint16_t> samples;
  for (const float sample : image.samples()) {
    samples.push_back(static_cast<uint16_t>(std::lround(sample * 65535)));
  }
  VipsPtr<VipsImage> wrapped(vips_image_new_from_memory_copy(samples.data(), samples.size() * 2,
                                                             image.width(), image.height(),
                                                             image.channels(), VIPS_FORMAT_USHORT));
  wrapped->Type = image.channels() <= 2 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_RGB16;
  return wrapped;
}

TEST(DeepPicture, InterlacedPngKeeps16Bits) {
  const TempDir dir;
  for (int channels = 1; channels <= 4; ++channels) {
    const Image image = MakePicture({97, 61}, channels);
    const std::string path = (dir / "out.png").string();
    ASSERT_EQ(vips_pngsave(ToDeepVips(image).get(), path.c_str(), "interlace", TRUE, nullptr), 0)
        << TakeVipsErrors();
    const auto picture = Picture::Open(Input::FromFile(path), {});
    ASSERT_TRUE(picture.has_value()) << picture.error().message();
    EXPECT_TRUE(picture->info().is_progressive_or_interlaced);
    EXPECT_EQ(picture->info().bits_per_sample, 16);
    EXPECT_LE(MaxDifference(Decode(*picture), image), 0.51 / 65535) << channels;
  }
}

/// 64x32, ten bits, full chroma, sRGB: red rises from left to right, blue falls, green goes from
/// 1/4 to 3/4. By `avifenc -d 10 -y 444 --min 4 --max 4`: libheif's own encoder has no ten bits.
constexpr char kTenBitAvif[] =
    "00000020667479706176696600000000617669666d6966316d6961664d413141000000f26d65746100000000"
    "0000002868646c720000000000000000706963740000000000000000000000006c696261766966000000000e"
    "7069746d0000000000010000001e696c6f6300000000440000010001000000010000011a0000005900000028"
    "69696e660000000000010000001a696e6665020000000001000061763031436f6c6f72000000006a69707270"
    "0000004b6970636f0000001469737065000000000000004000000020000000107069786900000000030a0a0a"
    "0000000c617631438120400000000013636f6c726e636c780001000d0001800000001769706d610000000000"
    "00000100010401028304000000616d64617412000a0938153ffb3808680c80324a110000004000c5a62b82b7"
    "98c7e8f7a26db5e11d39aa23015e8ae9f40bf999c1449ab994b87073a2ec9d0411b3e314e73e415431fa8fec"
    "172d5422e570a78cd7be6485b3a28d7ba578a0";

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

TEST(Heif, AvifOfTenBitsIsReadWithAllOfThem) {
  if (!CanDecode(FileFormat::kAvif)) {
    GTEST_SKIP() << "this libvips lacks the format";
  }
  const auto picture = Picture::Open(Input::FromMemory(FromHex(kTenBitAvif), "ramp"), {});
  ASSERT_TRUE(picture.has_value()) << picture.error().message();
  EXPECT_EQ(picture->info().format, FileFormat::kAvif);
  EXPECT_EQ(picture->info().bits_per_sample, 10);
  const Image image = Decode(*picture);
  ASSERT_EQ(image.size(), (Size{64, 32}));
  bool has_finer_steps = false;
  for (int x = 0; x < 64; ++x) {
    const float ramp = static_cast<float>(x) / 63;
    EXPECT_NEAR(image.at(x, 16, 0), ramp, 6.0 / 1023) << x;
    EXPECT_NEAR(image.at(x, 16, 1), ramp / 2 + 0.25F, 6.0 / 1023) << x;
    EXPECT_NEAR(image.at(x, 16, 2), 1 - ramp, 6.0 / 1023) << x;
    const float step_255 = image.at(x, 16, 1) * 255;
    has_finer_steps = has_finer_steps || std::fabs(step_255 - std::round(step_255)) > 0.2F;
  }
  EXPECT_TRUE(has_finer_steps) << "rounded to 8 bits on the way";
}

TEST(Heif, AvifOfTwelveBitsIsReadWithAllOfThem) {
  if (!CanEncode(FileFormat::kAvif) || !CanDecode(FileFormat::kAvif)) {
    GTEST_SKIP() << "this libvips lacks the format";
  }
  const TempDir dir;
  const Image image = MakePicture({96, 64}, 3);
  EncodeOptions options;
  options.format = FileFormat::kAvif;
  options.bits_per_sample = 16;
  options.quality = 95;
  ASSERT_TRUE(testing::Encode(image, {}, options, dir / "out").ok());
  const auto picture = Picture::Open(Input::FromFile(dir / "out"), {});
  ASSERT_TRUE(picture.has_value()) << picture.error().message();
  EXPECT_EQ(picture->info().bits_per_sample, 12);
  const Image back = Decode(*picture);
  EXPECT_LE(RmsDifference(back, image), 0.006);
  std::vector<float> levels(back.samples().begin(), back.samples().end());
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  EXPECT_GT(levels.size(), 256U) << "rounded to 8 bits on the way";
}

TEST(Heif, HeicOfAPhoneIsRead) {
  const TempDir dir;
  const std::string path = (dir / "out.heic").string();
  const Image image = MakePicture({96, 64}, 3);
  VipsImage* shallow = nullptr;
  ASSERT_EQ(vips_colourspace(ToDeepVips(image).get(), &shallow, VIPS_INTERPRETATION_sRGB, nullptr),
            0);
  const VipsPtr<VipsImage> owner(shallow);
  if (!CanDecode(FileFormat::kHeic) ||
      vips_heifsave(shallow, path.c_str(), "compression", VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, "Q",
                    95, nullptr) != 0) {
    GTEST_SKIP() << "this libheif has no HEVC encoder to make one with: " << TakeVipsErrors();
  }
  const auto picture = Picture::Open(Input::FromFile(path), {});
  ASSERT_TRUE(picture.has_value()) << picture.error().message();
  EXPECT_EQ(picture->info().format, FileFormat::kHeic);
  EXPECT_EQ(picture->info().size, (Size{96, 64}));
  const Image back = Decode(*picture);
  ASSERT_EQ(back.channels(), 3);
  EXPECT_LE(RmsDifference(back, image), 0.03);
}

/// A JPEG of four inks by libjpeg, as Adobe's applications write it: inverted, with their marker.
std::string MakeInkJpeg(const Image& inks, J_COLOR_SPACE stored) {
  jpeg_compress_struct info = {};
  jpeg_error_mgr errors = {};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's type
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<JDIMENSION>(inks.width());
  info.image_height = static_cast<JDIMENSION>(inks.height());
  info.input_components = 4;
  info.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, stored);
  info.write_Adobe_marker = TRUE;
  jpeg_set_quality(&info, 98, TRUE);
  jpeg_start_compress(&info, TRUE);
  std::vector<JSAMPLE> row(static_cast<size_t>(inks.width()) * 4);
  for (int y = 0; y < inks.height(); ++y) {
    for (size_t i = 0; i < row.size(); ++i) {
      const float ink = inks.at(static_cast<int>(i / 4), y, static_cast<int>(i % 4));
      row[i] = static_cast<JSAMPLE>(255 - std::lround(ink * 255));
    }
    JSAMPROW rows[] = {row.data()};
    jpeg_write_scanlines(&info, rows, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string jpeg(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);  // NOLINT: libjpeg allocates by malloc
  return jpeg;
}

TEST(InkJpeg, AdobesYcckAndCmykAreTheSameColours) {
  Image inks({64, 16}, 4);
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 64; ++x) {
      inks.at(x, y, x / 16) = 0.9F;  // four stripes: cyan, magenta, yellow, black
    }
  }
  const Image cmyk = DecodeBytes(MakeInkJpeg(inks, JCS_CMYK));
  const Image ycck = DecodeBytes(MakeInkJpeg(inks, JCS_YCCK));
  ASSERT_EQ(cmyk.channels(), 3);
  ASSERT_EQ(ycck.size(), inks.size());
  for (const int x : {8, 24, 40, 56}) {
    for (int c = 0; c < 3; ++c) {
      EXPECT_NEAR(ycck.at(x, 8, c), cmyk.at(x, 8, c), 0.03) << x << ", " << c;
    }
  }
  const auto is_darkest = [&](int x, int c) {
    return ycck.at(x, 8, c) < ycck.at(x, 8, (c + 1) % 3) &&
           ycck.at(x, 8, c) < ycck.at(x, 8, (c + 2) % 3);
  };
  EXPECT_TRUE(is_darkest(8, 0)) << "cyan takes red away";
  EXPECT_TRUE(is_darkest(24, 1)) << "magenta takes green away";
  EXPECT_TRUE(is_darkest(40, 2)) << "yellow takes blue away";
  EXPECT_LT(ycck.at(56, 8, 1), 0.3F);
}

TEST(Jxl, ShadowsOfAdobeRgbSurviveAndLinearLightIsNotHandedOn) {
  if (!CanEncode(FileFormat::kJxl) || !CanDecode(FileFormat::kJxl)) {
    GTEST_SKIP() << "this libvips lacks the format";
  }
  const TempDir dir;
  Metadata metadata;
  metadata.icc = testing::MakeAdobeRgb();
  Image shadows({128, 64}, 3);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 128; ++x) {
      for (int c = 0; c < 3; ++c) {
        shadows.at(x, y, c) = 0.02F + 0.1F * static_cast<float>(x) / 127;
      }
    }
  }
  EncodeOptions options;
  options.format = FileFormat::kJxl;
  ASSERT_TRUE(testing::Encode(shadows, metadata, options, dir / "out").ok());
  const auto picture = Picture::Open(Input::FromFile(dir / "out"), {});
  ASSERT_TRUE(picture.has_value()) << picture.error().message();
  EXPECT_LE(RmsDifference(Decode(*picture), shadows), 1.0 / 255);
  // Written in 8 bits by --profile keep, linear light would leave a dozen levels here.
  const auto profile = ColourProfile::Parse(picture->metadata().icc, ColourModel::kRgb);
  ASSERT_TRUE(profile.has_value());
  if (const auto converter = (*profile)->FromWorking()) {
    const float grey[] = {0.5F, 0.5F, 0.5F};
    float stored[3];
    converter->Convert(grey, 3, stored, 3, 1);
    EXPECT_GT(stored[1], 0.4F) << (*profile)->name();
  }
}

}  // namespace
}  // namespace recover

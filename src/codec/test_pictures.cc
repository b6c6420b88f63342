#include "codec/test_pictures.h"

#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <lcms2.h>

#include "codec/byte_order.h"
#include "codec/exif_write.h"
#include "codec/tiff_ifd.h"

namespace recover::testing {
namespace {

std::string Save(cmsHPROFILE profile) {
  cmsUInt32Number size = 0;
  cmsSaveProfileToMem(profile, nullptr, &size);
  std::string icc(size, '\0');
  cmsSaveProfileToMem(profile, icc.data(), &size);
  cmsCloseProfile(profile);
  icc.replace(24, 12, std::string(12, '\1'));  // not the time of making: equal calls, equal bytes
  return icc;
}

std::string MakeRgb(cmsCIExyY white, cmsCIExyYTRIPLE primaries, cmsToneCurve* curve) {
  cmsToneCurve* curves[3] = {curve, curve, curve};
  cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves);
  cmsFreeToneCurve(curve);
  return Save(profile);
}

cmsToneCurve* SrgbCurve() {
  const cmsFloat64Number parameters[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
  return cmsBuildParametricToneCurve(nullptr, 4, parameters);
}

constexpr cmsCIExyY kD65 = {0.3127, 0.3290, 1.0};

}  // namespace

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "recover-codec-XXXXXX").string();
  path_ = mkdtemp(name.data());
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Image MakePicture(Size size, int channels) {
  Image image(size, channels);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const float u = (static_cast<float>(x) + 0.5F) / static_cast<float>(size.width);
      const float v = (static_cast<float>(y) + 0.5F) / static_cast<float>(size.height);
      const float texture = 0.02F * std::sin(static_cast<float>(x) * 1.7F + static_cast<float>(y));
      const float rgb[3] = {0.1F + 0.8F * u + texture, 0.9F - 0.7F * v + texture,
                            0.5F + 0.3F * std::sin(6 * u + 2 * v)};
      const int colours = channels <= 2 ? 1 : 3;
      for (int c = 0; c < colours; ++c) {
        image.at(x, y, c) = std::clamp(rgb[c], 0.0F, 1.0F);
      }
      if (channels % 2 == 0) {
        image.at(x, y, channels - 1) = std::clamp(1.4F * u, 0.0F, 1.0F);
      }
    }
  }
  return image;
}

Status ImageRowsForTest::Read(MutableImageView rows) {
  for (int y = 0; y < rows.height(); ++y, ++next_row_) {
    const float* from = image_->view().row(next_row_);
    std::copy_n(from, static_cast<size_t>(rows.width()) * static_cast<size_t>(rows.channels()),
                rows.row(y));
  }
  return Status::Ok();
}

Status Encode(const Image& image, const Metadata& metadata, const EncodeOptions& options,
              const std::filesystem::path& path) {
  ImageRowsForTest rows(image);
  return EncodeFile(rows, metadata, options, path);
}

Image Decode(const Picture& picture) {
  auto rows = picture.OpenRows();
  if (!rows.has_value()) {
    ADD_FAILURE() << rows.error().message();
    return {};
  }
  Image image((*rows)->size(), (*rows)->channels());
  // Odd heights: strips must not have to fit anything.
  for (int y = 0; y < image.height();) {
    const int count = std::min(7, image.height() - y);
    const Status status = (*rows)->Read(image.view().Crop({0, y, image.width(), count}));
    if (!status.ok()) {
      ADD_FAILURE() << status.message();
      return {};
    }
    y += count;
  }
  return image;
}

Image Decode(const std::filesystem::path& path) {
  const auto picture = Picture::Open(Input::FromFile(path), {});
  if (!picture.has_value()) {
    ADD_FAILURE() << picture.error().message();
    return {};
  }
  return Decode(*picture);
}

Status DecodeStatus(const Input& input, const DecodeOptions& options) {
  const auto picture = Picture::Open(input, options);
  if (!picture.has_value()) {
    return picture.error();
  }
  auto rows = picture->OpenRows();
  if (!rows.has_value()) {
    return rows.error();
  }
  Image row({(*rows)->size().width, 1}, (*rows)->channels());
  for (int y = 0; y < (*rows)->size().height; ++y) {
    RECOVER_RETURN_IF_ERROR((*rows)->Read(row.view()));
  }
  return Status::Ok();
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteAll(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

double MaxDifference(const Image& a, const Image& b) {
  if (a.size() != b.size() || a.channels() != b.channels()) {
    return 1e9;
  }
  double most = 0;
  for (size_t i = 0; i < a.samples().size(); ++i) {
    most = std::max(most, std::fabs(static_cast<double>(a.samples()[i]) - b.samples()[i]));
  }
  return most;
}

double RmsDifference(const Image& a, const Image& b) {
  if (a.size() != b.size() || a.channels() != b.channels()) {
    return 1e9;
  }
  double sum = 0;
  for (size_t i = 0; i < a.samples().size(); ++i) {
    const double difference = static_cast<double>(a.samples()[i]) - b.samples()[i];
    sum += difference * difference;
  }
  return std::sqrt(sum / static_cast<double>(a.samples().size()));
}

std::string MakeDisplayP3() {
  return MakeRgb(kD65, {{0.680, 0.320, 1}, {0.265, 0.690, 1}, {0.150, 0.060, 1}}, SrgbCurve());
}

std::string MakeAdobeRgb() {
  return MakeRgb(kD65, {{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}},
                 cmsBuildGamma(nullptr, 563.0 / 256));
}

std::string MakeProPhoto() {
  return MakeRgb(*cmsD50_xyY(),
                 {{0.734699, 0.265301, 1}, {0.159597, 0.840403, 1}, {0.036598, 0.000105, 1}},
                 cmsBuildGamma(nullptr, 1.8));
}

std::string MakeGreyGamma22() {
  cmsToneCurve* curve = cmsBuildGamma(nullptr, 2.2);
  cmsHPROFILE profile = cmsCreateGrayProfile(cmsD50_xyY(), curve);
  cmsFreeToneCurve(curve);
  return Save(profile);
}

std::string MakeLutProfile() {
  cmsHPROFILE srgb = cmsCreate_sRGBProfile();
  cmsHPROFILE lab = cmsCreateLab4Profile(nullptr);
  cmsHTRANSFORM transform =
      cmsCreateTransform(srgb, TYPE_RGB_16, lab, TYPE_Lab_16, INTENT_RELATIVE_COLORIMETRIC, 0);
  cmsHPROFILE profile =
      cmsTransform2DeviceLink(transform, 4.3, cmsFLAGS_GUESSDEVICECLASS | cmsFLAGS_HIGHRESPRECALC);
  cmsDeleteTransform(transform);
  cmsCloseProfile(srgb);
  cmsCloseProfile(lab);
  return Save(profile);
}

std::string MakeExif(bool big_endian) {
  const IfdStyle style{big_endian, false};
  std::string block =
      big_endian ? std::string("MM\0*\0\0\0\0", 8) : std::string("II*\0\0\0\0\0", 8);
  const auto append = [&](std::vector<IfdEntry> entries, int64_t next) {
    block.resize(block.size() + block.size() % 2);
    const auto at = static_cast<uint32_t>(block.size());
    AppendIfd(block, std::move(entries), next, style);
    return at;
  };
  IfdEntry latitude = MakeRational(2, 48);
  latitude.value += MakeRational(0, 6).value + MakeRational(0, 0).value;
  latitude.count = 3;
  const uint32_t gps =
      append({MakeEntry(1, tiff_type::kAscii, std::string("N\0", 2)), latitude}, 0);
  const uint32_t exif = append(
      {MakeEntry(tiff_tag::kMakerNote, tiff_type::kUndefined,
                 std::string(kMakerNote, sizeof(kMakerNote))),
       MakeShort(tiff_tag::kPixelXDimension, 160), MakeShort(tiff_tag::kPixelYDimension, 120)},
      0);
  // IFD1 comes last, its thumbnail behind it: 2 + 2 * 12 + 4 bytes of directory.
  const std::string thumbnail = "\xFF\xD8 the old picture, small \xFF\xD9";
  const auto main_fields = [&] {
    return std::vector<IfdEntry>{
        MakeEntry(tiff_tag::kMake, tiff_type::kAscii, std::string("Recover\0", 8)),
        MakeShort(tiff_tag::kOrientation, 6),
        MakeRational(tiff_tag::kXResolution, 240),
        MakeRational(tiff_tag::kYResolution, 240),
        MakeShort(tiff_tag::kResolutionUnit, 2),
        MakeLong(tiff_tag::kExifIfd, exif),
        MakeLong(tiff_tag::kGpsIfd, gps)};
  };
  std::string trial = block;
  AppendIfd(trial, main_fields(), 0, style);
  const auto ifd1 = static_cast<uint32_t>(trial.size() + trial.size() % 2);
  const uint32_t main = append(main_fields(), ifd1);
  append({MakeLong(tiff_tag::kThumbnailOffset, ifd1 + 30),
          MakeLong(tiff_tag::kThumbnailLength, static_cast<uint32_t>(thumbnail.size()))},
         0);
  block += thumbnail;
  StoreUint(block, 4, 4, big_endian, main);
  return block;
}

std::string MakeXmp() {
  return "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
         "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
         "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
         "<rdf:Description rdf:about=\"\" xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" "
         "xmlns:exif=\"http://ns.adobe.com/exif/1.0/\" "
         "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
         "tiff:Orientation=\"6\" exif:PixelXDimension=\"160\">"
         "<exif:PixelYDimension>120</exif:PixelYDimension>"
         "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">A title</rdf:li></rdf:Alt></dc:title>"
         "</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>";
}

std::string MakeIptc() {
  // IIM data sets 1:90 (UTF-8) and 2:105 (headline): marker, record, number, length, value.
  return std::string("\x1C\1\x5A\0\3\x1B%G", 8) + std::string("\x1C\2\x69\0\x0A", 5) + "A headline";
}

std::string ExifField(const std::string& block, uint16_t directory_tag, uint16_t tag) {
  const MemoryView source(block);
  const auto reader = TiffReader::Open(source);
  if (!reader.has_value()) {
    return {};
  }
  auto ifd = reader->ReadIfd(reader->first_ifd_offset());
  if (ifd.has_value() && directory_tag != 0) {
    ifd = reader->ReadIfd(static_cast<int64_t>(ifd->IntegerOr(directory_tag, 0)));
  }
  const IfdEntry* entry = ifd.has_value() ? ifd->Find(tag) : nullptr;
  if (entry == nullptr) {
    return {};
  }
  if (const auto number = entry->Number()) {
    return std::to_string(std::lround(*number));
  }
  return entry->value;
}

}  // namespace recover::testing

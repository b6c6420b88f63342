// What the tests of this folder share: synthetic pictures, files, ICC profiles.
#pragma once

#include <filesystem>
#include <string>

#include "codec/encode.h"
#include "codec/picture.h"
#include "image/image.h"

namespace recover::testing {

/// A folder of its own, removed with it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A smooth, asymmetric picture with some fine detail, in [0, 1].
Image MakePicture(Size size, int channels);

/// Rows of an image that the caller keeps.
class ImageRowsForTest : public RowSource {
 public:
  explicit ImageRowsForTest(const Image& image) : image_(&image) {}
  Size size() const override { return image_->size(); }
  int channels() const override { return image_->channels(); }
  Status Read(MutableImageView rows) override;
  int rows_read() const { return next_row_; }

 private:
  const Image* image_;
  int next_row_ = 0;
};

Status Encode(const Image& image, const Metadata& metadata, const EncodeOptions& options,
              const std::filesystem::path& path);

/// Opens and decodes all of it; a failed test and an empty image on an error.
Image Decode(const std::filesystem::path& path);
Image Decode(const Picture& picture);
/// The first error that opening and reading it meets; OK if there is none.
Status DecodeStatus(const Input& input, const DecodeOptions& options = {});

std::string ReadAll(const std::filesystem::path& path);
void WriteAll(const std::filesystem::path& path, const std::string& bytes);

/// The largest difference of two images of one shape; 1e9 if the shapes differ.
double MaxDifference(const Image& a, const Image& b);
/// The root of the mean squared difference.
double RmsDifference(const Image& a, const Image& b);

/// ICC profiles built from primaries and curves.
std::string MakeDisplayP3();
std::string MakeAdobeRgb();
std::string MakeProPhoto();
std::string MakeGreyGamma22();
/// An RGB profile with tables both ways (CLUT), close to sRGB with red and green crossed over a
/// little.
std::string MakeLutProfile();

/// An EXIF block, in either byte order: Make, Orientation 6, density 240 dpi, PixelX/YDimension of
/// 160x120, a maker note, GPS latitude and a thumbnail at the end.
std::string MakeExif(bool big_endian);
inline constexpr char kMakerNote[] = "RecoverMakerNote\0\1\2\3 holds offsets of its own";
std::string MakeXmp();
std::string MakeIptc();

/// A field of an EXIF block's IFD0, EXIF or GPS directory as text; "" if it is not there.
std::string ExifField(const std::string& block, uint16_t directory_tag, uint16_t tag);

}  // namespace recover::testing

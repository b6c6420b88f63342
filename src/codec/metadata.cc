#include "codec/metadata.h"

#include <string_view>
#include <utility>

#include "codec/exif_edit.h"
#include "codec/metadata_heif.h"
#include "codec/metadata_jpeg.h"
#include "codec/metadata_jxl.h"
#include "codec/metadata_png.h"
#include "codec/metadata_tiff.h"
#include "codec/metadata_webp.h"
#include "codec/xmp_edit.h"

namespace recover {
namespace {

/// What formats without fields of their own keep in EXIF.
void TakeFromExif(Metadata& metadata) {
  if (metadata.iptc.empty()) {
    metadata.iptc = ExifIptc(metadata.exif);
  }
  if (!(metadata.dpi_x > 0) || !(metadata.dpi_y > 0)) {
    const Density density = ExifDensity(metadata.exif);
    metadata.dpi_x = density.x;
    metadata.dpi_y = density.y;
  }
}

}  // namespace

StoredMetadata ReadMetadata(const ByteSource& source, FileFormat format) {
  StoredMetadata stored;
  switch (format) {
    case FileFormat::kJpeg:
      stored.metadata = ReadJpegMetadata(source);
      break;
    case FileFormat::kPng:
      stored.metadata = ReadPngMetadata(source);
      break;
    case FileFormat::kTiff:
      stored = ReadTiffMetadata(source);
      break;
    case FileFormat::kWebp:
      stored.metadata = ReadWebpMetadata(source);
      break;
    case FileFormat::kJxl:
      stored.metadata = ReadJxlMetadata(source);
      break;
    case FileFormat::kHeic:
    case FileFormat::kAvif:
      stored.metadata = ReadHeifMetadata(source);
      break;
  }
  // HEIC, AVIF and JPEG XL turn the picture by their own fields, in the decoder; their EXIF tag is
  // history.
  if (format == FileFormat::kJpeg || format == FileFormat::kPng || format == FileFormat::kWebp) {
    stored.orientation = ExifOrientation(stored.metadata.exif);
  }
  TakeFromExif(stored.metadata);
  return stored;
}

Metadata FitMetadata(const Metadata& metadata, Size size) {
  Metadata fitted = metadata;
  // IPTC lives in EXIF only where the format has no place for it; the encoder puts it there.
  fitted.exif = SetExifIptc(FitExif(metadata.exif, size), "");
  fitted.xmp = FitXmp(metadata.xmp, size);
  return fitted;
}

std::string ExifWithAll(const Metadata& metadata) {
  return SetExifDensity(SetExifIptc(metadata.exif, metadata.iptc), metadata.dpi_x, metadata.dpi_y);
}

}  // namespace recover

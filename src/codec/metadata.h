// What a picture file says besides its pixels.
#pragma once

#include <string>

#include "codec/byte_source.h"
#include "codec/format.h"

namespace recover {

/// Raw blocks, the same whatever container they came from. Empty = absent. A value.
struct Metadata {
  std::string exif;  ///< A TIFF structure ("II*\0" or "MM\0*" ...), without "Exif\0\0" before it.
  std::string xmp;   ///< One XMP packet in UTF-8.
  std::string iptc;  ///< IPTC-IIM records, without a Photoshop resource around them.
  std::string icc;   ///< The ICC profile.
  double dpi_x = 0;  ///< Pixels per inch; 0 = unknown.
  double dpi_y = 0;
};

/// What ReadMetadata saw, with what is needed to decode.
struct StoredMetadata {
  Metadata metadata;
  int orientation = 1;  ///< 1..8, to be applied to the stored pixels.
  /// False for a TIFF whose channel after the colours is a saved selection or a spot colour.
  bool has_true_alpha = true;
};

/// Reads the metadata of a file of `format`. Never fails: damaged blocks are left out. The
/// profile of HEIC, AVIF and JPEG XL is libvips' to read.
StoredMetadata ReadMetadata(const ByteSource& source, FileFormat format);

/// `metadata` for an upright picture of `size`: see FitExif and FitXmp.
Metadata FitMetadata(const Metadata& metadata, Size size);

/// The EXIF block with IPTC and density in it, for formats that have no other place for them.
std::string ExifWithAll(const Metadata& metadata);

}  // namespace recover

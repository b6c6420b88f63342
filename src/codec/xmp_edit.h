// XMP packets, as text: the few properties that describe the old pixels.
#pragma once

#include <string>
#include <string_view>

#include "image/image.h"

namespace recover {

/// `xmp` for an upright picture of `size`: tiff:Orientation 1, exif:PixelX/YDimension and
/// tiff:ImageWidth/Length updated where they stand, as attribute or element; xmp:Thumbnails
/// dropped.
std::string FitXmp(std::string xmp, Size size);

/// One packet from a JPEG's main packet and what its extension segments held: the extension's
/// descriptions move into the main packet. Source: XMP specification part 3, 1.1.3.1.
std::string MergeExtendedXmp(std::string main_packet, std::string_view extended);

/// The main packet that announces an extension with this MD5 in hex.
std::string ExtendedXmpAnnouncement(std::string_view md5_hex);

}  // namespace recover

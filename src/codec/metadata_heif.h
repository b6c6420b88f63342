// Metadata in HEIC and AVIF: items "Exif" and "mime" beside the picture's own. Source: ISO/IEC
// 23008-12, annex A; ISO/IEC 14496-12, 8.11.
#pragma once

#include <string>

#include "codec/byte_source.h"
#include "codec/metadata.h"

namespace recover {

/// EXIF and XMP items of a HEIC or AVIF, whichever picture they describe (there is one).
/// The colour profile is left to libvips.
Metadata ReadHeifMetadata(const ByteSource& source);

/// `avif`, as libheif writes a still picture, with EXIF and XMP items added that describe the
/// primary item. Given back unchanged if there is nothing to add or its boxes are of a kind not met
/// here.
std::string AddHeifMetadata(std::string avif, const Metadata& metadata);

}  // namespace recover

// Metadata in JPEG XL: the boxes "Exif" and "xml ", plain or in Brotli ("brob"). Source: ISO/IEC
// 18181-2.
#pragma once

#include <string>

#include "codec/byte_source.h"
#include "codec/metadata.h"

namespace recover {

Metadata ReadJxlMetadata(const ByteSource& source);

/// `jxl`, a codestream or a container without metadata, as a container with `metadata`; the colour
/// profile is the codestream's business.
std::string AddJxlMetadata(const std::string& jxl, const Metadata& metadata);

}  // namespace recover

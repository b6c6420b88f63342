// Metadata in WebP: the chunks ICCP, EXIF and "XMP " of the extended file format. Source: RFC 9649.
#pragma once

#include <string>

#include "codec/byte_source.h"
#include "codec/metadata.h"

namespace recover {

Metadata ReadWebpMetadata(const ByteSource& source);

/// `webp`, a whole still picture without metadata, with `metadata` put in. `has_alpha` as the
/// picture has it.
std::string AddWebpMetadata(const std::string& webp, const Metadata& metadata, Size size,
                            bool has_alpha);

}  // namespace recover

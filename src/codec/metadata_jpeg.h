// Metadata in JPEG: APP0 (JFIF density), APP1 (EXIF, XMP), APP2 (ICC), APP13 (IPTC).
#pragma once

#include <string>
#include <vector>

#include "codec/byte_source.h"
#include "codec/metadata.h"

namespace recover {

struct JpegSegment {
  int marker = 0;  // 0xE1 ...
  std::string payload;
};

Metadata ReadJpegMetadata(const ByteSource& source);

/// The segments for a new JPEG, after its JFIF one. Blocks over a segment's 64 KiB: ICC and IPTC go
/// on in more segments, XMP becomes extended XMP, EXIF loses its maker note or, in need, goes.
std::vector<JpegSegment> JpegMetadataSegments(const Metadata& metadata);

}  // namespace recover

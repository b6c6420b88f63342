// Metadata in PNG: eXIf, iTXt (XMP), iCCP, pHYs, and IPTC as the "Raw profile type" text that
// ImageMagick began and ExifTool reads and writes.
#pragma once

#include <string>
#include <vector>

#include "codec/byte_source.h"
#include "codec/metadata.h"

namespace recover {

struct PngChunk {
  const char* type = "";
  std::string payload;
};

Metadata ReadPngMetadata(const ByteSource& source);

/// The chunks for a new PNG, between IHDR and IDAT.
std::vector<PngChunk> PngMetadataChunks(const Metadata& metadata);

}  // namespace recover

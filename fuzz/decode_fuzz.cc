// Any bytes as a picture: open, decode, fit its metadata, and put that into a new file's
// containers. Pictures are limited to 256 K pixels, so that one input costs milliseconds.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "codec/metadata.h"
#include "codec/metadata_heif.h"
#include "codec/metadata_jpeg.h"
#include "codec/metadata_jxl.h"
#include "codec/metadata_png.h"
#include "codec/metadata_webp.h"
#include "codec/picture.h"

namespace recover {
namespace {

void ReadAllRows(const Picture& picture) {
  auto rows = picture.OpenRows();
  if (!rows.has_value()) {
    return;
  }
  const Size size = (*rows)->size();
  Image row({size.width, 1}, (*rows)->channels());
  for (int y = 0; y < size.height; ++y) {
    if (!(*rows)->Read(row.view()).ok()) {
      return;
    }
  }
}

void SpliceEverywhere(const Metadata& metadata, const std::string& container) {
  const Metadata fitted = FitMetadata(metadata, {640, 480});
  JpegMetadataSegments(fitted);
  PngMetadataChunks(fitted);
  AddWebpMetadata(container, fitted, {640, 480}, true);
  AddJxlMetadata(container, fitted);
  AddHeifMetadata(container, fitted);
}

void DecodeBytes(const std::string& bytes) {
  DecodeOptions options;
  options.max_pixels = int64_t{1} << 18;
  const auto picture = Picture::Open(Input::FromMemory(bytes, "fuzz"), options);
  if (picture.has_value()) {
    ReadAllRows(*picture);
    SpliceEverywhere(picture->metadata(), bytes);
  }
  // The metadata readers see every file, whatever the sniffer says of it.
  for (const FileFormat format : kAllFormats) {
    SpliceEverywhere(ReadMetadata(MemoryView(bytes), format).metadata, bytes);
  }
}

}  // namespace
}  // namespace recover

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  recover::DecodeBytes(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}

#include "codec/metadata_webp.h"

#include <string_view>

#include "codec/byte_order.h"
#include "codec/chunks.h"
#include "codec/compress.h"
#include "codec/exif_edit.h"

namespace recover {
namespace {

using namespace std::string_view_literals;

constexpr unsigned kIccFlag = 0x20;
constexpr unsigned kAlphaFlag = 0x10;
constexpr unsigned kExifFlag = 0x08;
constexpr unsigned kXmpFlag = 0x04;

void AppendChunk(std::string& file, std::string_view type, std::string_view payload) {
  file += type;
  AppendLe32(file, static_cast<uint32_t>(payload.size()));
  file += payload;
  if (payload.size() % 2 != 0) {
    file.push_back('\0');
  }
}

}  // namespace

Metadata ReadWebpMetadata(const ByteSource& source) {
  Metadata metadata;
  WalkRiffChunks(source, [&](const Chunk& chunk) {
    const bool wanted = chunk.type == "ICCP" || chunk.type == "EXIF" || chunk.type == "XMP ";
    if (!wanted || !chunk.is_whole || static_cast<size_t>(chunk.size) > kMaxMetadataBytes) {
      return true;
    }
    std::string payload = source.ReadExactly(chunk.offset, static_cast<size_t>(chunk.size));
    if (chunk.type == "ICCP") {
      metadata.icc = std::move(payload);
    } else if (chunk.type == "XMP ") {
      metadata.xmp = std::move(payload);
    } else {
      // Some writers put JPEG's introduction before the block.
      metadata.exif = payload.starts_with("Exif\0\0"sv) ? payload.substr(6) : std::move(payload);
    }
    return true;
  });
  return metadata;
}

std::string AddWebpMetadata(const std::string& webp, const Metadata& metadata, Size size,
                            bool has_alpha) {
  const std::string exif = ExifWithAll(metadata);
  const unsigned flags = (metadata.icc.empty() ? 0 : kIccFlag) | (has_alpha ? kAlphaFlag : 0) |
                         (exif.empty() ? 0 : kExifFlag) | (metadata.xmp.empty() ? 0 : kXmpFlag);
  if ((flags & ~kAlphaFlag) == 0) {
    return webp;
  }
  std::string header(10, '\0');
  StoreUint(header, 0, 1, false, flags);
  StoreUint(header, 4, 3, false, static_cast<uint64_t>(size.width - 1));
  StoreUint(header, 7, 3, false, static_cast<uint64_t>(size.height - 1));
  std::string file("RIFF\0\0\0\0WEBP", 12);
  AppendChunk(file, "VP8X", header);
  if (!metadata.icc.empty()) {
    AppendChunk(file, "ICCP", metadata.icc);
  }
  const MemoryView source(webp);
  WalkRiffChunks(source, [&](const Chunk& chunk) {
    if (chunk.type == "ALPH" || chunk.type == "VP8 " || chunk.type == "VP8L") {
      AppendChunk(file, chunk.type,
                  std::string_view(webp).substr(static_cast<size_t>(chunk.offset),
                                                static_cast<size_t>(chunk.size)));
    }
    return true;
  });
  if (!exif.empty()) {
    AppendChunk(file, "EXIF", exif);
  }
  if (!metadata.xmp.empty()) {
    AppendChunk(file, "XMP ", metadata.xmp);
  }
  StoreUint(file, 4, 4, false, file.size() - 8);
  return file;
}

}  // namespace recover

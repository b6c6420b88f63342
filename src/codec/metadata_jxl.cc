#include "codec/metadata_jxl.h"

#include <string_view>

#include "codec/byte_order.h"
#include "codec/chunks.h"
#include "codec/compress.h"
#include "codec/exif_edit.h"

namespace recover {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kSignature = "\0\0\0\x0CJXL \r\n\x87\n"sv;
constexpr std::string_view kFileType =
    "\0\0\0\x14"
    "ftypjxl \0\0\0\0jxl "sv;

void AppendBox(std::string& file, std::string_view type, std::string_view payload) {
  const uint64_t size = payload.size() + 8;
  if (size <= 0xFFFFFFFFU) {
    AppendBe32(file, static_cast<uint32_t>(size));
    file += type;
  } else {
    AppendBe32(file, 1);
    file += type;
    AppendUint(file, 8, true, size + 8);
  }
  file += payload;
}

}  // namespace

Metadata ReadJxlMetadata(const ByteSource& source) {
  Metadata metadata;
  if (source.ReadUpTo(0, kSignature.size()) != kSignature) {
    return metadata;
  }
  WalkIsoBoxes(source, 0, source.size(), [&](const Chunk& box) {
    const bool wanted = box.type == "Exif" || box.type == "xml " || box.type == "brob";
    if (!wanted || !box.is_whole || static_cast<size_t>(box.size) > kMaxMetadataBytes) {
      return true;
    }
    std::string payload = source.ReadExactly(box.offset, static_cast<size_t>(box.size));
    std::string type = box.type;
    if (type == "brob" && payload.size() > 4) {
      type = payload.substr(0, 4);
      payload = BrotliInflate(std::string_view(payload).substr(4));
    }
    if (type == "Exif" && payload.size() > 4) {
      // Four bytes say how far the TIFF header is behind them.
      const uint64_t skip = uint64_t{4} + LoadBe32(payload, 0);
      metadata.exif = skip < payload.size() ? payload.substr(skip) : std::string();
    } else if (type == "xml ") {
      metadata.xmp = std::move(payload);
    }
    return true;
  });
  return metadata;
}

std::string AddJxlMetadata(const std::string& jxl, const Metadata& metadata) {
  const std::string exif = ExifWithAll(metadata);
  if (exif.empty() && metadata.xmp.empty()) {
    return jxl;
  }
  std::string file;
  if (jxl.starts_with(kSignature)) {
    file = jxl;
  } else {
    file = std::string(kSignature) + std::string(kFileType);
    AppendBox(file, "jxlc", jxl);
  }
  if (!exif.empty()) {
    AppendBox(file, "Exif", std::string(4, '\0') + exif);
  }
  if (!metadata.xmp.empty()) {
    AppendBox(file, "xml ", metadata.xmp);
  }
  return file;
}

}  // namespace recover

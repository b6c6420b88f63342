#include "codec/metadata_heif.h"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/byte_order.h"
#include "codec/chunks.h"
#include "codec/compress.h"
#include "codec/heif_boxes.h"

namespace recover {
namespace {

using namespace std::string_view_literals;

/// The item's bytes, its extents joined; empty if they are not in the file itself.
std::string ReadItem(const ByteSource& source, const ItemLocation& item) {
  std::string bytes;
  for (const Extent& extent : item.extents) {
    const bool fits = item.construction_method == 0 && item.data_reference == 0 &&
                      extent.offset <= static_cast<uint64_t>(source.size()) &&
                      extent.length <= kMaxMetadataBytes - bytes.size();
    if (!fits) {
      return {};
    }
    const size_t length = static_cast<size_t>(extent.length);
    bytes += length == 0 ? "" : source.ReadExactly(static_cast<int64_t>(extent.offset), length);
  }
  return bytes;
}

void AdoptItem(std::string_view type, std::string bytes, Metadata& metadata) {
  if (type == "Exif" && bytes.size() > 4 && metadata.exif.empty()) {
    // Four bytes say how far the TIFF header is behind them ("Exif\0\0" may lie between).
    const uint64_t skip = uint64_t{4} + LoadBe32(bytes, 0);
    metadata.exif = skip < bytes.size() ? bytes.substr(skip) : std::string();
    if (metadata.exif.starts_with("Exif\0\0"sv)) {
      metadata.exif.erase(0, 6);
    }
  } else if (type == "mime" && metadata.xmp.empty() &&
             bytes.find("<x:xmpmeta") != std::string::npos) {
    metadata.xmp = std::move(bytes);
  }
}

}  // namespace

Metadata ReadHeifMetadata(const ByteSource& source) {
  Metadata metadata;
  MetaBox meta = ReadMeta(source);
  const std::string* iloc = meta.Find("iloc");
  const std::string* iinf = meta.Find("iinf");
  std::vector<ItemLocation> items;
  if (iloc == nullptr || iinf == nullptr || iinf->size() < 8 || !ParseLocations(*iloc, items)) {
    return metadata;
  }
  const MemoryView infos(*iinf);
  WalkIsoBoxes(infos, (*iinf)[0] == 0 ? 6 : 8, infos.size(), [&](const Chunk& box) {
    const std::string info = infos.ReadExactly(box.offset, static_cast<size_t>(box.size));
    const int id_size = !info.empty() && info[0] == 3 ? 4 : 2;  // version 2 or 3
    const size_t type_at = 6 + static_cast<size_t>(id_size);
    if (box.type != "infe" || info.size() < type_at + 4 || info[0] < 2) {
      return true;
    }
    const uint64_t id = LoadUint(info, 4, id_size, true);
    const std::string type = info.substr(type_at, 4);
    for (const ItemLocation& item : items) {
      if (item.id == id && (type == "Exif" || type == "mime")) {
        AdoptItem(type, ReadItem(source, item), metadata);
      }
    }
    return true;
  });
  return metadata;
}

}  // namespace recover

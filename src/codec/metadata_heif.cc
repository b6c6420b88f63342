// Writing: the meta box grows by the new items, so the places of all data behind it move by as
// much: the item location box is read, shifted and written anew. The new items' data goes into a
// second mdat at the end.
#include "codec/metadata_heif.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/byte_order.h"
#include "codec/chunks.h"
#include "codec/compress.h"

namespace recover {
namespace {

using namespace std::string_view_literals;

struct Extent {
  uint64_t offset = 0;  // of the file, or of construction method's place
  uint64_t length = 0;
};

struct ItemLocation {
  uint64_t id = 0;
  uint64_t construction_method = 0;  // 0 = offsets in the file
  uint64_t data_reference = 0;
  std::vector<Extent> extents;
};

struct NewItem {
  std::string type;  // "Exif" or "mime"
  std::string payload;
};

/// Reads integers one after the other; past the end it gives 0 and ok() is false.
class ByteCursor {
 public:
  explicit ByteCursor(std::string_view bytes) : bytes_(bytes) {}
  uint64_t Take(int count) {
    if (bytes_.size() - at_ < static_cast<size_t>(count)) {
      ok_ = false;
      return 0;
    }
    const uint64_t value = LoadUint(bytes_, at_, count, true);
    at_ += static_cast<size_t>(count);
    return value;
  }
  bool ok() const { return ok_; }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

std::string Box(std::string_view type, std::string_view payload) {
  std::string box;
  AppendBe32(box, static_cast<uint32_t>(payload.size() + 8));
  box += type;
  box += payload;
  return box;
}

/// False if the box is damaged or of an unknown version.
bool ParseLocations(std::string_view payload, std::vector<ItemLocation>& items) {
  ByteCursor cursor(payload);
  const uint64_t version = cursor.Take(4) >> 24;
  const uint64_t sizes = cursor.Take(2);
  const auto size_at = [sizes](int shift) { return static_cast<int>(sizes >> shift & 15); };
  const int index_size = version == 0 ? 0 : size_at(0);
  const uint64_t count = cursor.Take(version < 2 ? 2 : 4);
  for (uint64_t i = 0; i < count && cursor.ok() && version <= 2; ++i) {
    ItemLocation item;
    item.id = cursor.Take(version < 2 ? 2 : 4);
    item.construction_method = version == 0 ? 0 : cursor.Take(2) & 15;
    item.data_reference = cursor.Take(2);
    const uint64_t base = cursor.Take(size_at(4));
    const uint64_t extents = cursor.Take(2);
    for (uint64_t e = 0; e < extents && cursor.ok(); ++e) {
      cursor.Take(index_size);
      Extent extent;
      extent.offset = base + cursor.Take(size_at(12));
      extent.length = cursor.Take(size_at(8));
      item.extents.push_back(extent);
    }
    items.push_back(std::move(item));
  }
  return cursor.ok() && version <= 2;
}

std::string WriteLocations(const std::vector<ItemLocation>& items) {
  std::string payload("\1\0\0\0\x44\0"sv);  // version 1, 4-byte offsets and lengths, no base offset
  AppendBe16(payload, static_cast<uint32_t>(items.size()));
  for (const ItemLocation& item : items) {
    AppendBe16(payload, static_cast<uint32_t>(item.id));
    AppendBe16(payload, static_cast<uint32_t>(item.construction_method));
    AppendBe16(payload, static_cast<uint32_t>(item.data_reference));
    AppendBe16(payload, static_cast<uint32_t>(item.extents.size()));
    for (const Extent& extent : item.extents) {
      AppendBe32(payload, static_cast<uint32_t>(extent.offset));
      AppendBe32(payload, static_cast<uint32_t>(extent.length));
    }
  }
  return Box("iloc", payload);
}

/// The children of meta, in their order.
struct MetaBox {
  Chunk chunk;
  std::vector<std::pair<std::string, std::string>> children;  // type, payload

  std::string* Find(std::string_view type) {
    for (auto& [name, payload] : children) {
      if (name == type) {
        return &payload;
      }
    }
    return nullptr;
  }
};

MetaBox ReadMeta(const ByteSource& source) {
  MetaBox meta;
  WalkIsoBoxes(source, 0, source.size(), [&](const Chunk& box) {
    if (box.type == "meta" && box.is_whole && box.size > 4) {
      meta.chunk = box;
    }
    return meta.chunk.size == 0;
  });
  if (meta.chunk.size <= 4 || static_cast<size_t>(meta.chunk.size) > kMaxMetadataBytes) {
    return {};
  }
  WalkIsoBoxes(source, meta.chunk.offset + 4, meta.chunk.offset + meta.chunk.size,
               [&](const Chunk& box) {
                 meta.children.emplace_back(
                     box.type, source.ReadExactly(box.offset, static_cast<size_t>(box.size)));
                 return true;
               });
  return meta;
}

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

/// One more entry in the item information box (version 0: a 16-bit count).
void AddItemInfo(std::string& iinf, uint64_t id, const std::string& type) {
  std::string entry("\2\0\0\0"sv);  // version 2
  AppendBe16(entry, static_cast<uint32_t>(id));
  entry += "\0\0"sv;  // not protected
  entry += type;
  entry.push_back('\0');  // no name
  if (type == "mime") {
    entry += "application/rdf+xml\0"sv;
  }
  StoreUint(iinf, 4, 2, true, LoadBe16(iinf, 4) + 1);
  iinf += Box("infe", entry);
}

/// "Item `id` describes the primary one."
void AddReference(MetaBox& meta, uint64_t id, uint64_t primary) {
  std::string reference;
  AppendBe16(reference, static_cast<uint32_t>(id));
  AppendBe16(reference, 1);
  AppendBe16(reference, static_cast<uint32_t>(primary));
  std::string* iref = meta.Find("iref");
  if (iref == nullptr) {
    meta.children.emplace_back("iref", std::string(4, '\0'));
    iref = &meta.children.back().second;
  }
  *iref += Box("cdsc", reference);
}

/// Takes libvips' own EXIF and XMP items out: it makes an EXIF block for any picture that is not
/// stripped, and stripping would take the colour profile too. Their data stays in mdat,
/// unreferenced.
void DropItems(MetaBox& meta, std::vector<ItemLocation>& items) {
  std::string& iinf = *meta.Find("iinf");
  const MemoryView infos(iinf);
  std::string kept = iinf.substr(0, 6);
  std::vector<uint64_t> dropped;
  uint32_t count = 0;
  WalkIsoBoxes(infos, 6, infos.size(), [&](const Chunk& box) {
    const std::string info = infos.ReadExactly(box.offset, static_cast<size_t>(box.size));
    const bool is_short = info.size() >= 12 && info[0] == 2;
    const std::string type = is_short ? info.substr(8, 4) : "";
    if (type == "Exif" || type == "mime") {
      dropped.push_back(LoadBe16(info, 4));
    } else {
      kept += Box(box.type, info);
      ++count;
    }
    return true;
  });
  StoreUint(kept, 4, 2, true, count);
  const auto is_dropped = [&](uint64_t id) {
    return std::count(dropped.begin(), dropped.end(), id) != 0;
  };
  std::erase_if(items, [&](const ItemLocation& item) { return is_dropped(item.id); });
  if (std::string* iref = meta.Find("iref"); iref != nullptr) {
    const MemoryView references(*iref);
    std::string kept_references = iref->substr(0, 4);
    WalkIsoBoxes(references, 4, references.size(), [&](const Chunk& box) {
      const std::string reference =
          references.ReadExactly(box.offset, static_cast<size_t>(box.size));
      if (reference.size() < 2 || !is_dropped(LoadBe16(reference, 0))) {
        kept_references += Box(box.type, reference);
      }
      return true;
    });
    *iref = kept_references;
  }
  iinf = kept;
}

std::string WriteMeta(MetaBox& meta, const std::vector<ItemLocation>& items) {
  std::string payload(4, '\0');
  for (const auto& [type, bytes] : meta.children) {
    payload += type == "iloc" ? WriteLocations(items) : Box(type, bytes);
  }
  return Box("meta", payload);
}

bool IsOfKnownKind(MetaBox& meta) {
  const std::string* iinf = meta.Find("iinf");
  const std::string* pitm = meta.Find("pitm");
  const std::string* iref = meta.Find("iref");
  return iinf != nullptr && iinf->size() >= 6 && (*iinf)[0] == 0 && pitm != nullptr &&
         pitm->size() == 6 && (*pitm)[0] == 0 &&
         (iref == nullptr || (iref->size() >= 4 && (*iref)[0] == 0)) &&
         meta.Find("iloc") != nullptr;
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

std::string AddHeifMetadata(std::string avif, const Metadata& metadata) {
  std::vector<NewItem> added;
  if (const std::string exif = ExifWithAll(metadata); !exif.empty()) {
    added.push_back({"Exif", std::string(4, '\0') + exif});  // the TIFF header follows at once
  }
  if (!metadata.xmp.empty()) {
    added.push_back({"mime", metadata.xmp});
  }
  MetaBox meta = ReadMeta(MemoryView(avif));
  std::vector<ItemLocation> items;
  if (!IsOfKnownKind(meta) || !ParseLocations(*meta.Find("iloc"), items)) {
    return avif;
  }
  DropItems(meta, items);
  const uint64_t primary = LoadBe16(*meta.Find("pitm"), 4);
  uint64_t next_id = primary + 1;
  for (const ItemLocation& item : items) {
    next_id = std::max(next_id, item.id + 1);
  }
  const size_t old_items = items.size();
  for (const NewItem& item : added) {
    AddItemInfo(*meta.Find("iinf"), next_id, item.type);
    AddReference(meta, next_id, primary);
    items.push_back({next_id++, 0, 0, {Extent{0, item.payload.size()}}});
  }
  const auto meta_begin = static_cast<size_t>(meta.chunk.offset) - 8;
  const auto meta_end = static_cast<size_t>(meta.chunk.offset + meta.chunk.size);
  const auto growth =
      static_cast<int64_t>(WriteMeta(meta, items).size()) -
      static_cast<int64_t>(meta_end - meta_begin);  // sizes do not depend on offsets
  for (size_t i = 0; i < old_items; ++i) {
    for (Extent& extent : items[i].extents) {
      const bool moves = items[i].construction_method == 0 && extent.offset >= meta_end;
      extent.offset += moves ? static_cast<uint64_t>(growth) : 0;
    }
  }
  std::string data;
  for (size_t i = 0; i < added.size(); ++i) {
    items[old_items + i].extents[0].offset =
        avif.size() + static_cast<uint64_t>(growth) + 8 + data.size();
    data += added[i].payload;
  }
  if (avif.size() + static_cast<uint64_t>(growth) + data.size() > 0xFFFFFFF0U) {
    return avif;
  }
  avif.replace(meta_begin, meta_end - meta_begin, WriteMeta(meta, items));
  return data.empty() ? avif : avif + Box("mdat", data);
}

}  // namespace recover

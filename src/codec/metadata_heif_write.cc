// Writing: the meta box grows by the new items, so the places of all data behind it move by as
// much: the item location box is read, shifted and written anew. The new items' data goes into a
// second mdat at the end.
#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/byte_order.h"
#include "codec/chunks.h"
#include "codec/heif_boxes.h"
#include "codec/metadata_heif.h"

namespace recover {
namespace {

using namespace std::string_view_literals;

struct NewItem {
  std::string type;  // "Exif" or "mime"
  std::string payload;
};

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
  iinf += IsoBox("infe", entry);
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
  *iref += IsoBox("cdsc", reference);
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
      kept += IsoBox(box.type, info);
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
        kept_references += IsoBox(box.type, reference);
      }
      return true;
    });
    *iref = kept_references;
  }
  iinf = kept;
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
  return data.empty() ? avif : avif + IsoBox("mdat", data);
}

}  // namespace recover

#include "codec/heif_boxes.h"

#include "codec/byte_order.h"
#include "codec/compress.h"

namespace recover {
namespace {

using namespace std::string_view_literals;

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
  return IsoBox("iloc", payload);
}

}  // namespace

std::string IsoBox(std::string_view type, std::string_view payload) {
  std::string box;
  AppendBe32(box, static_cast<uint32_t>(payload.size() + 8));
  box += type;
  box += payload;
  return box;
}

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

std::string WriteMeta(const MetaBox& meta, const std::vector<ItemLocation>& items) {
  std::string payload(4, '\0');
  for (const auto& [type, bytes] : meta.children) {
    payload += type == "iloc" ? WriteLocations(items) : IsoBox(type, bytes);
  }
  return IsoBox("meta", payload);
}

}  // namespace recover

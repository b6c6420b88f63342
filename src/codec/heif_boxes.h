// The boxes of HEIC and AVIF that say what items there are and where. Source: ISO/IEC 14496-12,
// 8.11.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/byte_source.h"
#include "codec/chunks.h"

namespace recover {

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

/// A box of this type, its size first.
std::string IsoBox(std::string_view type, std::string_view payload);

/// The items of an iloc box's payload. False if it is damaged or of an unknown version; `items`
/// is then worthless.
bool ParseLocations(std::string_view payload, std::vector<ItemLocation>& items);

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

/// The file's meta box; one without children if there is none or it is too large.
MetaBox ReadMeta(const ByteSource& source);

/// The box with `items` in the place of its iloc. Its size does not depend on their offsets.
std::string WriteMeta(const MetaBox& meta, const std::vector<ItemLocation>& items);

}  // namespace recover

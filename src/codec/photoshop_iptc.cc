#include "codec/photoshop_iptc.h"

#include "codec/byte_order.h"

namespace recover {
namespace {
constexpr uint32_t kIptcResource = 0x0404;
constexpr char kIptcTagMarker = 0x1C;  // begins every IPTC data set
}  // namespace

std::string IptcFromPhotoshop(std::string_view resources) {
  if (!resources.empty() && resources[0] == kIptcTagMarker) {
    return std::string(resources);
  }
  size_t at = 0;
  while (at + 12 <= resources.size() && resources.substr(at, 4) == "8BIM") {
    const uint32_t id = LoadBe16(resources, at + 4);
    const size_t name_size = static_cast<uint8_t>(resources[at + 6]) + 1U;  // with its length byte
    const size_t size_at = at + 6 + name_size + name_size % 2;
    if (size_at + 4 > resources.size()) {
      break;
    }
    const size_t size = LoadBe32(resources, size_at);
    if (size > resources.size() - size_at - 4) {
      break;
    }
    if (id == kIptcResource) {
      return std::string(resources.substr(size_at + 4, size));
    }
    at = size_at + 4 + size + size % 2;
  }
  return {};
}

std::string PhotoshopFromIptc(std::string_view iptc) {
  std::string block("8BIM\4\4\0\0", 8);
  AppendBe32(block, static_cast<uint32_t>(iptc.size()));
  block += iptc;
  if (iptc.size() % 2 != 0) {
    block.push_back('\0');
  }
  return block;
}

}  // namespace recover

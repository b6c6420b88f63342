// IPTC records inside Photoshop image resources, their home in JPEG and (by custom) PNG.
#pragma once

#include <string>
#include <string_view>

namespace recover {

/// The IPTC records in a block of Photoshop image resources; the block itself when it is bare IPTC.
/// Source: Adobe Photoshop File Formats, "Image Resources Section".
std::string IptcFromPhotoshop(std::string_view resources);

/// A block with `iptc` as its one resource (0x0404).
std::string PhotoshopFromIptc(std::string_view iptc);

}  // namespace recover

#include "codec/metadata_jpeg.h"

#include <glib.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "codec/byte_order.h"
#include "codec/chunks.h"
#include "codec/exif_edit.h"
#include "codec/photoshop_iptc.h"
#include "codec/xmp_edit.h"

namespace recover {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kExif = "Exif\0\0"sv;
constexpr std::string_view kXmp = "http://ns.adobe.com/xap/1.0/\0"sv;
constexpr std::string_view kExtendedXmp = "http://ns.adobe.com/xmp/extension/\0"sv;
constexpr std::string_view kIcc = "ICC_PROFILE\0"sv;
constexpr std::string_view kPhotoshop = "Photoshop 3.0\0"sv;
constexpr size_t kMaxPayload = 65533;
constexpr size_t kExtendedHead = 32 + 4 + 4;  // MD5 in hex, full length, offset

/// What is spread over several segments.
struct Parts {
  std::map<int, std::string> icc;            // by sequence number
  std::map<uint32_t, std::string> extended;  // by offset
  std::string photoshop;
};

void ReadApp0(std::string_view payload, Metadata& metadata) {
  if (payload.size() < 12 || !payload.starts_with("JFIF\0"sv)) {
    return;
  }
  const double per_inch = payload[7] == 1 ? 1.0 : payload[7] == 2 ? 2.54 : 0.0;
  metadata.dpi_x = LoadBe16(payload, 8) * per_inch;
  metadata.dpi_y = LoadBe16(payload, 10) * per_inch;
}

void ReadApp1(std::string_view payload, Metadata& metadata, Parts& parts) {
  if (payload.starts_with(kExif) && metadata.exif.empty()) {
    metadata.exif = payload.substr(kExif.size());
  } else if (payload.starts_with(kXmp) && metadata.xmp.empty()) {
    metadata.xmp = payload.substr(kXmp.size());
  } else if (payload.starts_with(kExtendedXmp) &&
             payload.size() > kExtendedXmp.size() + kExtendedHead) {
    const std::string_view rest = payload.substr(kExtendedXmp.size());
    parts.extended[LoadBe32(rest, 36)] = rest.substr(kExtendedHead);
  }
}

std::string Joined(const std::map<uint32_t, std::string>& parts) {
  std::string whole;
  for (const auto& [offset, bytes] : parts) {
    if (offset != whole.size()) {
      return {};
    }
    whole += bytes;
  }
  return whole;
}

void AppendIcc(const std::string& icc, std::vector<JpegSegment>& segments) {
  const size_t part_bytes = kMaxPayload - kIcc.size() - 2;
  const size_t count = (icc.size() + part_bytes - 1) / part_bytes;
  for (size_t i = 0; i < count && count <= 255; ++i) {
    std::string payload(kIcc);
    payload.push_back(static_cast<char>(i + 1));
    payload.push_back(static_cast<char>(count));
    payload += icc.substr(i * part_bytes, part_bytes);
    segments.push_back({0xE2, std::move(payload)});
  }
}

void AppendXmp(const std::string& xmp, std::vector<JpegSegment>& segments) {
  if (kXmp.size() + xmp.size() <= kMaxPayload) {
    segments.push_back({0xE1, std::string(kXmp) + xmp});
    return;
  }
  const std::unique_ptr<gchar, void (*)(gpointer)> hex(
      g_compute_checksum_for_data(G_CHECKSUM_MD5, reinterpret_cast<const guchar*>(xmp.data()),
                                  xmp.size()),
      g_free);
  std::string md5(hex.get());
  std::transform(md5.begin(), md5.end(), md5.begin(), g_ascii_toupper);
  segments.push_back({0xE1, std::string(kXmp) + ExtendedXmpAnnouncement(md5)});
  const size_t part_bytes = kMaxPayload - kExtendedXmp.size() - kExtendedHead;
  for (size_t at = 0; at < xmp.size(); at += part_bytes) {
    std::string payload = std::string(kExtendedXmp) + md5;
    AppendBe32(payload, static_cast<uint32_t>(xmp.size()));
    AppendBe32(payload, static_cast<uint32_t>(at));
    payload += xmp.substr(at, part_bytes);
    segments.push_back({0xE1, std::move(payload)});
  }
}

void AppendIptc(const std::string& iptc, std::vector<JpegSegment>& segments) {
  const std::string resources = PhotoshopFromIptc(iptc);
  const size_t part_bytes = kMaxPayload - kPhotoshop.size();
  for (size_t at = 0; at < resources.size(); at += part_bytes) {
    segments.push_back({0xED, std::string(kPhotoshop) + resources.substr(at, part_bytes)});
  }
}

}  // namespace

Metadata ReadJpegMetadata(const ByteSource& source) {
  Metadata metadata;
  Parts parts;
  WalkJpegSegments(source, [&](const Chunk& segment) {
    const auto marker = static_cast<uint8_t>(segment.type[0]);
    if (marker != 0xE0 && marker != 0xE1 && marker != 0xE2 && marker != 0xED) {
      return true;
    }
    const std::string payload =
        source.ReadExactly(segment.offset, static_cast<size_t>(segment.size));
    if (marker == 0xE0) {
      ReadApp0(payload, metadata);
    } else if (marker == 0xE1) {
      ReadApp1(payload, metadata, parts);
    } else if (marker == 0xE2 && payload.starts_with(kIcc) && payload.size() > kIcc.size() + 2) {
      parts.icc[static_cast<uint8_t>(payload[kIcc.size()])] = payload.substr(kIcc.size() + 2);
    } else if (marker == 0xED && payload.starts_with(kPhotoshop)) {
      parts.photoshop += payload.substr(kPhotoshop.size());
    }
    return true;
  });
  for (const auto& [number, bytes] : parts.icc) {
    metadata.icc += bytes;
  }
  metadata.iptc = IptcFromPhotoshop(parts.photoshop);
  if (!parts.extended.empty() && !metadata.xmp.empty()) {
    metadata.xmp = MergeExtendedXmp(std::move(metadata.xmp), Joined(parts.extended));
  }
  return metadata;
}

std::vector<JpegSegment> JpegMetadataSegments(const Metadata& metadata) {
  std::vector<JpegSegment> segments;
  const std::string exif = ShrinkExif(metadata.exif, kMaxPayload - kExif.size());
  if (!exif.empty()) {
    segments.push_back({0xE1, std::string(kExif) + exif});
  }
  if (!metadata.xmp.empty()) {
    AppendXmp(metadata.xmp, segments);
  }
  if (!metadata.iptc.empty()) {
    AppendIptc(metadata.iptc, segments);
  }
  AppendIcc(metadata.icc, segments);
  return segments;
}

}  // namespace recover

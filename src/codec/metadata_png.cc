#include "codec/metadata_png.h"

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "codec/byte_order.h"
#include "codec/chunks.h"
#include "codec/compress.h"
#include "codec/photoshop_iptc.h"

namespace recover {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kXmpKeyword = "XML:com.adobe.xmp";
constexpr std::string_view kRawProfile = "Raw profile type ";
constexpr double kMetresPerInch = 0.0254;

/// The text of a tEXt, zTXt or iTXt chunk and its keyword. Source: PNG specification, 11.3.4.
std::pair<std::string, std::string> ReadText(const std::string& type, const std::string& payload) {
  const size_t end = payload.find('\0');
  if (end == std::string::npos) {
    return {};
  }
  std::string keyword = payload.substr(0, end);
  if (type == "tEXt") {
    return {std::move(keyword), payload.substr(end + 1)};
  }
  if (type == "zTXt") {
    return {std::move(keyword),
            end + 2 <= payload.size() ? Inflate(std::string_view(payload).substr(end + 2)) : ""};
  }
  if (end + 3 > payload.size()) {
    return {};
  }
  const bool is_compressed = payload[end + 1] == 1;
  const size_t language_end = payload.find('\0', end + 3);
  const size_t translated_end =
      language_end == std::string::npos ? language_end : payload.find('\0', language_end + 1);
  if (translated_end == std::string::npos) {
    return {};
  }
  const std::string_view text = std::string_view(payload).substr(translated_end + 1);
  return {std::move(keyword), is_compressed ? Inflate(text) : std::string(text)};
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const int lower = std::tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// "\nNAME\n  LENGTH\nHEX...".
std::string DecodeRawProfile(const std::string& text) {
  const size_t name_end = text.find('\n', 1);
  const size_t length_end =
      name_end == std::string::npos ? name_end : text.find('\n', name_end + 1);
  if (length_end == std::string::npos) {
    return {};
  }
  std::string bytes;
  int high = -1;
  for (size_t at = length_end; at < text.size(); ++at) {
    const int digit = HexValue(text[at]);
    if (digit >= 0 && high >= 0) {
      bytes.push_back(static_cast<char>(high * 16 + digit));
      high = -1;
    } else if (digit >= 0) {
      high = digit;
    }
  }
  const auto length = std::strtoull(text.c_str() + name_end, nullptr, 10);
  return bytes.size() == length ? bytes : std::string();
}

std::string EncodeRawProfile(std::string_view name, std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "\n" + std::string(name) + "\n" + std::to_string(bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i % 36 == 0) {
      text.push_back('\n');
    }
    const auto byte = static_cast<uint8_t>(bytes[i]);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text + "\n";
}

void AdoptRawProfile(std::string_view name, const std::string& text, Metadata& metadata) {
  std::string bytes = DecodeRawProfile(text);
  if (name == "iptc" || name == "8bim") {
    metadata.iptc = IptcFromPhotoshop(bytes);
  } else if (name == "xmp" && metadata.xmp.empty()) {
    metadata.xmp = std::move(bytes);
  } else if ((name == "exif" || name == "APP1") && metadata.exif.empty() &&
             bytes.starts_with("Exif\0\0"sv)) {
    metadata.exif = bytes.substr(6);
  }
}

std::string ReadIccp(const std::string& payload) {
  const size_t name_end = payload.find('\0');
  return name_end == std::string::npos || name_end + 2 > payload.size()
             ? std::string()
             : Inflate(std::string_view(payload).substr(name_end + 2));
}

void ReadChunk(const std::string& type, std::string payload, Metadata& metadata) {
  if (type == "eXIf") {
    metadata.exif = payload.starts_with("Exif\0\0"sv) ? payload.substr(6) : std::move(payload);
  } else if (type == "iCCP") {
    metadata.icc = ReadIccp(payload);
  } else if (type == "pHYs" && payload.size() == 9 && payload[8] == 1) {
    // Whole pixels per metre: rounded to hundredths, 300 dpi stays 300.
    metadata.dpi_x = std::round(LoadBe32(payload, 0) * kMetresPerInch * 100) / 100;
    metadata.dpi_y = std::round(LoadBe32(payload, 4) * kMetresPerInch * 100) / 100;
  } else if (type == "tEXt" || type == "zTXt" || type == "iTXt") {
    const auto [keyword, text] = ReadText(type, payload);
    if (keyword == kXmpKeyword) {
      metadata.xmp = text;
    } else if (keyword.starts_with(kRawProfile)) {
      AdoptRawProfile(std::string_view(keyword).substr(kRawProfile.size()), text, metadata);
    }
  }
}

}  // namespace

Metadata ReadPngMetadata(const ByteSource& source) {
  Metadata metadata;
  WalkPngChunks(source, [&](const Chunk& chunk) {
    const bool wanted = chunk.type == "eXIf" || chunk.type == "iCCP" || chunk.type == "pHYs" ||
                        chunk.type == "tEXt" || chunk.type == "zTXt" || chunk.type == "iTXt";
    if (wanted && chunk.is_whole && static_cast<size_t>(chunk.size) <= kMaxMetadataBytes) {
      ReadChunk(chunk.type, source.ReadExactly(chunk.offset, static_cast<size_t>(chunk.size)),
                metadata);
    }
    return true;
  });
  return metadata;
}

std::vector<PngChunk> PngMetadataChunks(const Metadata& metadata) {
  std::vector<PngChunk> chunks;
  if (!metadata.icc.empty()) {
    chunks.push_back({"iCCP", std::string("ICC profile\0\0", 13) + Deflate(metadata.icc)});
  }
  if (metadata.dpi_x > 0 && metadata.dpi_y > 0 && metadata.dpi_x < 1e7 && metadata.dpi_y < 1e7) {
    std::string payload;
    AppendBe32(payload, static_cast<uint32_t>(std::lround(metadata.dpi_x / kMetresPerInch)));
    AppendBe32(payload, static_cast<uint32_t>(std::lround(metadata.dpi_y / kMetresPerInch)));
    payload.push_back(1);
    chunks.push_back({"pHYs", std::move(payload)});
  }
  if (!metadata.exif.empty()) {
    chunks.push_back({"eXIf", metadata.exif});
  }
  if (!metadata.xmp.empty()) {
    chunks.push_back({"iTXt", std::string(kXmpKeyword) + std::string(5, '\0') + metadata.xmp});
  }
  if (!metadata.iptc.empty()) {
    const std::string text = EncodeRawProfile("iptc", PhotoshopFromIptc(metadata.iptc));
    chunks.push_back(
        {"zTXt", std::string(kRawProfile) + std::string("iptc\0\0", 6) + Deflate(text)});
  }
  return chunks;
}

}  // namespace recover

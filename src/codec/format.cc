#include "codec/format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <string>

#include "codec/vips_runtime.h"

namespace recover {
namespace {

struct FormatRow {
  FileFormat format;
  std::string_view name;
  std::string_view extension;
  std::string_view mime;
  std::string_view aliases;  // separated and ended by spaces
  const char* vips_loader;   // null: decoded without libvips
  const char* vips_saver;    // null: encoded without libvips
  bool can_encode;
  bool alpha;
  bool deep;
  int max_side_px;  // of the format, or of its usual encoder where that is lower
};

// JPEG: 16-bit dimensions, libjpeg stops at 65500. WebP: 14 bits. PNG: 31 bits, but libpng and most
// readers stop at 1,000,000. AVIF: libaom's frame header, 16 bits. JXL: libvips' loader and 30-bit
// dimensions.
constexpr std::array<FormatRow, 7> kFormats = {{
    {FileFormat::kJpeg, "JPEG", "jpg", "image/jpeg", "jpg jpeg jpe jfif ", nullptr, nullptr, true,
     false, false, 65500},
    {FileFormat::kPng, "PNG", "png", "image/png", "png ", "pngload_source", nullptr, true, true,
     true, 1000000},
    {FileFormat::kTiff, "TIFF", "tif", "image/tiff", "tif tiff ", "tiffload_source", nullptr, true,
     true, true, std::numeric_limits<int>::max()},
    {FileFormat::kWebp, "WebP", "webp", "image/webp", "webp ", "webpload_source", "webpsave_target",
     true, true, false, 16383},
    {FileFormat::kHeic, "HEIC", "heic", "image/heic", "heic heif hif ", "heifload_source", nullptr,
     false, true, false, 65535},
    {FileFormat::kAvif, "AVIF", "avif", "image/avif", "avif ", "heifload_source", "heifsave_target",
     true, true, true, 16384},
    {FileFormat::kJxl, "JPEG XL", "jxl", "image/jxl", "jxl jpegxl jpeg-xl ", "jxlload_source",
     "jxlsave_target", true, true, true, 1 << 28},
}};

const FormatRow& Row(FileFormat format) { return kFormats[static_cast<size_t>(format)]; }

}  // namespace

std::string_view FileFormatName(FileFormat format) { return Row(format).name; }
std::string_view DefaultExtension(FileFormat format) { return Row(format).extension; }
std::string_view MimeType(FileFormat format) { return Row(format).mime; }
bool SupportsAlpha(FileFormat format) { return Row(format).alpha; }
bool Supports16Bit(FileFormat format) { return Row(format).deep; }

Result<FileFormat> ParseFormatName(std::string_view name) {
  std::string wanted(name.starts_with('.') ? name.substr(1) : name);
  std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!wanted.empty() && wanted.find(' ') == std::string::npos) {
    for (const FormatRow& row : kFormats) {
      for (size_t at = 0; at < row.aliases.size();) {
        const size_t end = row.aliases.find(' ', at);
        if (row.aliases.substr(at, end - at) == wanted) {
          return row.format;
        }
        at = end + 1;
      }
    }
  }
  return Status(StatusCode::kUnsupportedFormat,
                "\"" + std::string(name) +
                    "\" is no picture format known here; take jpg, png, tif, webp, avif or jxl");
}

bool CanDecode(FileFormat format) {
  const FormatRow& row = Row(format);
  return row.vips_loader == nullptr || VipsHasOperation(row.vips_loader);
}

bool CanEncode(FileFormat format) {
  const FormatRow& row = Row(format);
  return row.can_encode && (row.vips_saver == nullptr || VipsHasOperation(row.vips_saver));
}

Status CheckFormatLimits(FileFormat format, Size size) {
  const FormatRow& row = Row(format);
  if (size.width > row.max_side_px || size.height > row.max_side_px) {
    return {StatusCode::kTooLarge,
            "a " + std::string(row.name) + " may be at most " + std::to_string(row.max_side_px) +
                " pixels wide and high, this picture is " + std::to_string(size.width) + "x" +
                std::to_string(size.height) + "; choose TIFF or PNG, or a smaller size"};
  }
  return Status::Ok();
}

}  // namespace recover

// The picture formats this build knows: names, extensions, abilities, limits.
#pragma once

#include <string_view>

#include "base/result.h"
#include "image/image.h"

namespace recover {

enum class FileFormat { kJpeg, kPng, kTiff, kWebp, kHeic, kAvif, kJxl };

inline constexpr FileFormat kAllFormats[] = {
    FileFormat::kJpeg, FileFormat::kPng,  FileFormat::kTiff, FileFormat::kWebp,
    FileFormat::kHeic, FileFormat::kAvif, FileFormat::kJxl};

/// "JPEG", "PNG" ...: for people.
std::string_view FileFormatName(FileFormat format);

/// "jpg", "png" ...: without the dot.
std::string_view DefaultExtension(FileFormat format);

/// "image/jpeg" ...
std::string_view MimeType(FileFormat format);

/// The format called `name`: "jpg", "JPEG", ".tif", "jxl" ...; a leading dot and
/// letter case do not matter. Errors: kUnsupportedFormat, naming those there are.
Result<FileFormat> ParseFormatName(std::string_view name);

/// Whether this build with the libvips installed reads or writes the format.
/// Thread-safe.
bool CanDecode(FileFormat format);
bool CanEncode(FileFormat format);

bool SupportsAlpha(FileFormat format);
/// Whether the encoder of this build writes more than 8 bits per sample.
bool Supports16Bit(FileFormat format);

/// OK if a picture of this size and type fits the format.
/// Errors: kTooLarge with the format's limit in the sentence.
Status CheckFormatLimits(FileFormat format, Size size);

}  // namespace recover

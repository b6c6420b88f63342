// What clients call their files, made fit for records and for people.
#pragma once

#include <string>
#include <string_view>

#include "codec/format.h"

namespace recover {

/// `bytes` as a name to store and report: UTF-8 of at most 255 bytes without control characters
/// (each fault becomes U+FFFD); "image.EXT" if empty. May hold slashes: not for the disk.
std::string StoredFileName(std::string_view bytes, FileFormat format);

/// How a browser may save the input called `filename`: its last part, with an extension.
std::string InputFileName(std::string_view filename, FileFormat format);

/// The same for the output: "photo.tif" becomes "photo-recovered.jpg".
std::string OutputFileName(std::string_view filename, FileFormat format);

}  // namespace recover

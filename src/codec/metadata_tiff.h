// Metadata in TIFF: fields of the first directory, with EXIF and GPS directories behind it.
#pragma once

#include "codec/byte_source.h"
#include "codec/file_writer.h"
#include "codec/metadata.h"

namespace recover {

/// Also orientation and what the extra channel means.
StoredMetadata ReadTiffMetadata(const ByteSource& source);

/// Adds EXIF, XMP, IPTC, ICC and density to the first directory of the finished little-endian TIFF
/// or BigTIFF in `file`: new directories are appended and the header is pointed to them. Errors:
/// kInternal if there is no such TIFF; what the file met is in file.status().
Status AddTiffMetadata(const Metadata& metadata, FileWriter& file);

}  // namespace recover

// What a file is, from its bytes; its name is never asked.
#pragma once

#include "base/result.h"
#include "codec/byte_source.h"
#include "codec/format.h"

namespace recover {

/// The format of the picture in `source`, which is not decoded. Camera RAW is told from TIFF by its
/// content (DNGVersion, colour-filter-array photometric, makers' marks).
/// Errors: kUnsupportedFormat with one sentence that says what it is and what to do.
Result<FileFormat> SniffFormat(const ByteSource& source);

/// The size that the header states, before any pixel or libvips sees the file. Errors:
/// kCorruptInput if the header is cut short or states no size, kUnprocessable for a side of zero.
/// An upper bound for HEIC and AVIF: the largest of their images (a grid's tiles are smaller).
Result<Size> ReadHeaderSize(const ByteSource& source, FileFormat format);

/// OK unless the container itself says that bytes are missing at the end, which not every decoder
/// minds: RIFF's length (WebP), a box beyond the end (HEIC, AVIF, JPEG XL). Errors: kCorruptInput.
Status CheckComplete(const ByteSource& source, FileFormat format);

/// Bits per sample as PNG's or TIFF's header states them; 0 for other formats.
int ReadStoredBits(const ByteSource& source, FileFormat format);

}  // namespace recover

// JPEG in, by libjpeg-turbo itself: libvips cannot tell its harmless warnings from those
// that mean grey or garbled blocks, and the latter must fail.
#pragma once

#include <memory>

#include "base/result.h"
#include "codec/byte_source.h"
#include "codec/sample_rows.h"

namespace recover {

struct JpegHeader {
  SampleLayout layout;  ///< 8-bit grey, RGB or CMYK, as stored (orientation not applied).
  bool is_progressive = false;
  /// What decoding needs beyond some rows: libjpeg holds the coefficients of all
  /// scans of a progressive picture in memory.
  int64_t coefficient_bytes = 0;
};

/// Reads the header; allocates nothing of the picture's size.
/// Errors: kCorruptInput, kUnsupportedFormat (12 bit, lossless, hierarchical).
Result<JpegHeader> ReadJpegHeader(const ByteSource& source);

/// Decodes from the top; shares `source` until the rows are gone.
/// Errors while reading: kCorruptInput when the data is damaged or cut short.
Result<std::unique_ptr<SampleRows>> OpenJpegRows(std::shared_ptr<const ByteSource> source);

}  // namespace recover

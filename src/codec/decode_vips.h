// PNG, TIFF, WebP, HEIC, AVIF and JPEG XL in, by libvips.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "codec/byte_source.h"
#include "codec/format.h"
#include "codec/sample_rows.h"

namespace recover {

struct VipsHeader {
  SampleLayout layout;      ///< Of the samples that OpenVipsRows gives.
  int bits_per_sample = 8;  ///< As stored: 1, 2, 4, 8, 10, 12, 16, 32.
  bool is_float = false;
  int pages = 1;
  bool is_interlaced = false;
  std::string icc;  ///< Only of HEIC, AVIF and JPEG XL; empty if it just says sRGB.
  /// Whether `icc` tells of linear light that the decoder chose: true of the samples, but no
  /// profile to write a picture in.
  bool has_decoders_icc = false;
  int64_t held_bytes = 0;  ///< Memory of the picture's size that decoding holds.
};

/// Reads the header of `input`, which SniffFormat found to be `format`.
/// Errors: kCorruptInput, kUnsupportedFormat, kUnavailable when this libvips has no such loader.
Result<VipsHeader> ReadVipsHeader(const Input& input, FileFormat format);

/// Decodes from the top. Errors while reading: kCorruptInput when data is damaged or missing.
Result<std::unique_ptr<SampleRows>> OpenVipsRows(const Input& input, FileFormat format);

}  // namespace recover

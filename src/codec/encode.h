// Working rows out: to a file of any format this build writes.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/status.h"
#include "codec/format.h"
#include "codec/metadata.h"
#include "image/row_source.h"

namespace recover {

/// What becomes of the source's colour profile.
enum class ProfileMode {
  kKeep,  ///< Back into the source's profile, which is attached byte for byte.
  kSrgb,  ///< Stays sRGB; an sRGB profile is attached where the source had any.
};

enum class TiffCompression { kDeflate, kNone };

struct EncodeOptions {
  FileFormat format = FileFormat::kJpeg;
  /// 1..100; 0 = the format's default: JPEG 92 (with full colour resolution), WebP 90, AVIF 75,
  /// JPEG XL 92 (butteraugli distance about 0.8). WebP and JPEG XL at 100 are lossless.
  int quality = 0;
  bool strip_metadata = false;  ///< Drops all but the profile that the colours need.
  ProfileMode profile = ProfileMode::kKeep;
  int bits_per_sample = 8;  ///< 8 or 16; 16 becomes 8 in formats without it, 12 in AVIF.
  TiffCompression tiff_compression = TiffCompression::kDeflate;
  int64_t spool_budget_bytes =
      int64_t{64} << 20;  ///< WebP, AVIF, JPEG XL: the picture above it goes to disk first.
  std::filesystem::path spool_dir;  ///< Empty: the system's folder for temporary files.
};

/// Whether the options suit a picture of this size. Before any work.
/// Errors: kInvalidArgument (quality, bits), kTooLarge (the format's sides), kUnavailable (no such
/// encoder).
Status CheckEncodable(Size size, int channels, const EncodeOptions& options);

/// Memory that encoding holds and that grows with the picture, in bytes: 0 for JPEG, PNG and TIFF.
int64_t EncodeMemoryBytes(Size size, int channels, const EncodeOptions& options);

/// Pulls all of `rows`, in order and on the caller's thread, and writes the file at `path`, in
/// place (an existing file is overwritten, not replaced; after an error what is there is
/// worthless). Samples are clamped and rounded to nearest, not-a-number is 0; alpha is laid over
/// white in JPEG, which has none. `metadata` is the source's: orientation and pixel sizes in it are
/// made to fit the new picture, an embedded thumbnail is dropped. Errors: the rows' own,
/// CheckEncodable's, kOutOfSpace, kPermissionDenied, kIoError. Thread-safe.
Status EncodeFile(RowSource& rows, const Metadata& metadata, const EncodeOptions& options,
                  const std::filesystem::path& path);

}  // namespace recover

// A picture file, opened: its header, its metadata, its pixels as working rows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/byte_source.h"
#include "codec/colour_profile.h"
#include "codec/format.h"
#include "codec/metadata.h"
#include "codec/sample_rows.h"
#include "image/row_source.h"

namespace recover {

/// What the decoder sees.
struct PictureInfo {
  FileFormat format = FileFormat::kJpeg;
  Size size;                ///< Upright: after the orientation.
  Size stored_size;         ///< As in the file.
  int channels = 0;         ///< Of the rows: 1 = grey, 2 = grey+alpha, 3 = RGB, 4 = RGBA.
  int bits_per_sample = 0;  ///< As stored.
  bool is_float = false;
  ColourModel stored_model = ColourModel::kRgb;
  int orientation = 1;       ///< EXIF 1..8 as stored; applied to the rows.
  bool has_profile = false;  ///< One that is there and sound.
  std::string profile_name;  ///< Its description; "sRGB" if there is none.
  double dpi_x = 0;          ///< 0 = unknown.
  double dpi_y = 0;
  int pages = 1;  ///< The first is read.
  bool is_progressive_or_interlaced = false;
  int64_t file_bytes = 0;
  /// The most that decoding holds in memory and that grows with the picture: coefficients of a
  /// progressive JPEG, whole pictures of interlaced PNG, WebP, HEIC, AVIF, JPEG XL, and the spool
  /// of a rotated one up to its budget. Not counted: some rows.
  int64_t decode_memory_bytes = 0;
  /// The disk that decoding takes while its rows are read.
  int64_t decode_disk_bytes = 0;
  /// One sentence each on what was odd but could be helped, e.g. a damaged colour profile.
  std::vector<std::string> notes;
};

struct DecodeOptions {
  int64_t max_pixels = int64_t{1} << 30;  ///< Checked in the header, before any decoder runs.
  int64_t spool_budget_bytes = int64_t{64} << 20;  ///< Whole pictures above it go to disk.
  std::filesystem::path spool_dir;  ///< Empty: the system's folder for temporary files.
};

/// An opened picture. Moves. Thread-safe once opened; each rows object has one reader.
class Picture {
 public:
  /// Sniffs the format, checks the size against the limit and reads header and metadata.
  /// Errors, each one sentence that begins with the input's name: those of Input::Open,
  /// kUnsupportedFormat, kTooLarge, kCorruptInput, kUnprocessable (a side of zero), kUnavailable.
  static Result<Picture> Open(Input input, DecodeOptions options);

  const PictureInfo& info() const { return info_; }
  /// As stored but the profile, which is left out when damaged or for another kind of picture.
  const Metadata& metadata() const { return metadata_; }

  /// The pixels, upright, in working colour: sRGB-encoded float, unbounded where the source's
  /// gamut is wider, straight alpha in [0, 1]. Decodes from the top at every call. A rotated
  /// picture is spooled here, which takes its whole decoding time: `stop` ends that early.
  /// Errors, also while reading: kCorruptInput (damaged, cut short), kOutOfSpace (spool),
  /// kCancelled.
  Result<std::unique_ptr<RowSource>> OpenRows(const std::stop_token& stop = {}) const;

 private:
  Picture() = default;
  Status ReadHeader(const std::shared_ptr<const ByteSource>& source);
  void ChooseProfile();
  Result<std::unique_ptr<SampleRows>> OpenSamples(const std::stop_token& stop) const;

  std::string name_;
  Input input_ = Input::FromMemory({}, {});
  DecodeOptions options_;
  PictureInfo info_;
  Metadata metadata_;
  StoredMetadata stored_;
  SampleLayout layout_;
  std::shared_ptr<const ColourProfile> profile_;  // shared with the rows read from this picture
};

}  // namespace recover

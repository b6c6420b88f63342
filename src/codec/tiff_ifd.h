// The directories of a TIFF structure: a TIFF or BigTIFF file, or an EXIF block, which
// is a small TIFF of its own. Source: TIFF 6.0 section 2, Adobe's BigTIFF note.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/byte_source.h"

namespace recover {

namespace tiff_type {
inline constexpr uint16_t kByte = 1;
inline constexpr uint16_t kAscii = 2;
inline constexpr uint16_t kShort = 3;
inline constexpr uint16_t kLong = 4;
inline constexpr uint16_t kRational = 5;
inline constexpr uint16_t kUndefined = 7;
inline constexpr uint16_t kIfd = 13;
inline constexpr uint16_t kLong8 = 16;
}  // namespace tiff_type

namespace tiff_tag {
inline constexpr uint16_t kNewSubfileType = 0x00FE;
inline constexpr uint16_t kImageWidth = 0x0100;
inline constexpr uint16_t kImageLength = 0x0101;
inline constexpr uint16_t kBitsPerSample = 0x0102;
inline constexpr uint16_t kCompression = 0x0103;
inline constexpr uint16_t kPhotometric = 0x0106;
inline constexpr uint16_t kMake = 0x010F;
inline constexpr uint16_t kOrientation = 0x0112;
inline constexpr uint16_t kXResolution = 0x011A;
inline constexpr uint16_t kYResolution = 0x011B;
inline constexpr uint16_t kResolutionUnit = 0x0128;
inline constexpr uint16_t kSubIfds = 0x014A;
inline constexpr uint16_t kExtraSamples = 0x0152;
inline constexpr uint16_t kThumbnailOffset = 0x0201;
inline constexpr uint16_t kThumbnailLength = 0x0202;
inline constexpr uint16_t kXmp = 0x02BC;
inline constexpr uint16_t kIptc = 0x83BB;
inline constexpr uint16_t kPhotoshop = 0x8649;
inline constexpr uint16_t kExifIfd = 0x8769;
inline constexpr uint16_t kIcc = 0x8773;
inline constexpr uint16_t kGpsIfd = 0x8825;
inline constexpr uint16_t kMakerNote = 0x927C;
inline constexpr uint16_t kPixelXDimension = 0xA002;
inline constexpr uint16_t kPixelYDimension = 0xA003;
inline constexpr uint16_t kInteropIfd = 0xA005;
inline constexpr uint16_t kDngVersion = 0xC612;
}  // namespace tiff_tag

/// One field of a directory.
struct IfdEntry {
  uint16_t tag = 0;
  uint16_t type = 0;
  uint64_t count = 0;
  /// The value, little-endian whatever the file is; kUndefined and unknown types as they are.
  std::string value;
  /// Where in the structure the 4 (8 in BigTIFF) value-or-offset bytes, and the value, lie.
  int64_t slot_offset = 0;
  int64_t value_offset = 0;

  /// The i-th number of an integer type, if there is one.
  std::optional<uint64_t> Integer(size_t i = 0) const;
  /// The first number of a rational or integer type, if it is finite.
  std::optional<double> Number() const;
};

struct Ifd {
  std::vector<IfdEntry> entries;   // as in the file, which should be by tag
  int64_t next_ifd_offset = 0;     // 0: the last
  int64_t next_slot_offset = 0;    // where that offset is stored
  std::vector<uint16_t> cut_tags;  // fields left out because their value lies outside

  const IfdEntry* Find(uint16_t tag) const;
  /// The first integer of `tag`, or `otherwise`.
  uint64_t IntegerOr(uint16_t tag, uint64_t otherwise) const;
};

/// The bytes of one value of a TIFF type; 0 if the type is unknown.
int TiffTypeSize(uint16_t type);

/// Reads directories; never trusts a count or an offset. Keeps `source`, which must
/// outlive it. Thread-safe.
class TiffReader {
 public:
  /// Errors: kCorruptInput if there is no TIFF header.
  static Result<TiffReader> Open(const ByteSource& source);

  bool big_endian() const { return big_endian_; }
  bool is_big_tiff() const { return is_big_tiff_; }
  int64_t first_ifd_offset() const { return first_ifd_offset_; }

  /// The directory at `offset`; fields whose value lies outside the source or is over
  /// 64 MiB are left out, and so is picture data behind StripOffsets, which is not followed.
  /// Errors: kCorruptInput if the directory itself does not lie inside.
  Result<Ifd> ReadIfd(int64_t offset) const;

 private:
  explicit TiffReader(const ByteSource& source) : source_(&source) {}
  std::optional<IfdEntry> ReadEntry(std::string_view bytes, size_t at, int64_t file_offset,
                                    Ifd& ifd) const;

  const ByteSource* source_;
  bool big_endian_ = false;
  bool is_big_tiff_ = false;
  int64_t first_ifd_offset_ = 0;
};

}  // namespace recover

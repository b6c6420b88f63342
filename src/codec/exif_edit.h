// EXIF blocks: small TIFF structures of directories. Fitted to a new picture by changing a few
// bytes where they are, not by parsing and writing anew (as libexif does): all offsets stay, so
// maker notes, which hold offsets of their own, and fields nobody knows come through byte for byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/tiff_ifd.h"
#include "image/image.h"

namespace recover {

/// The directories of an EXIF block that outlive the picture they came with.
struct ExifTree {
  Ifd main;  // IFD0: camera, author, dates; no pixel layout
  Ifd exif;  // exposure and so on
  Ifd gps;
  Ifd interop;

  bool empty() const { return main.entries.empty() && exif.entries.empty() && gps.entries.empty(); }
};

/// Reads the directories of `block`, or of a TIFF file. Damaged ones are left empty. Fields that
/// describe pixel storage, pointers, XMP, IPTC, Photoshop and ICC blocks are left out of `main`.
ExifTree ReadExifTree(const ByteSource& block);

/// A little-endian EXIF block of these directories; empty if there is nothing in them.
std::string WriteExifBlock(const ExifTree& tree);

/// The orientation (1..8) that the block's IFD0 states; 1 if none.
int ExifOrientation(std::string_view block);

/// Pixels per inch from the block's IFD0; 0 where unknown.
struct Density {
  double x = 0;
  double y = 0;
};
Density ExifDensity(const Ifd& ifd0);
Density ExifDensity(std::string_view block);

/// `block` for an upright picture of `size`: orientation 1, PixelX/YDimension and ImageWidth/Length
/// updated where they stand, thumbnail dropped. A block whose header or first directory is damaged
/// gives "".
std::string FitExif(std::string block, Size size);

/// Puts `iptc` into IFD0 (tag 0x83BB), the only place for it in WebP, AVIF and JPEG XL; an empty
/// block becomes one. Replaces what was there; an empty `iptc` only removes it.
std::string SetExifIptc(std::string block, const std::string& iptc);
/// The IPTC records in IFD0.
std::string ExifIptc(std::string_view block);

/// Writes the density into IFD0 if it has none; an empty block becomes one. For formats without a
/// field of their own. dpi of 0 changes nothing.
std::string SetExifDensity(std::string block, double dpi_x, double dpi_y);

/// At most `max_bytes`: the block itself, or one without maker note, or "".
std::string ShrinkExif(std::string block, size_t max_bytes);

}  // namespace recover

// Writes TIFF directories. For use inside this folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/tiff_ifd.h"

namespace recover {

struct IfdStyle {
  bool big_endian = false;
  bool is_big_tiff = false;
};

/// A field whose value's length is its count: kByte, kAscii, kUndefined.
IfdEntry MakeEntry(uint16_t tag, uint16_t type, std::string value);
IfdEntry MakeShort(uint16_t tag, uint16_t value);
IfdEntry MakeLong(uint16_t tag, uint32_t value);
/// `value` >= 0 as a fraction: to 1e-6 of it, below 4e9.
IfdEntry MakeRational(uint16_t tag, double value);

/// Appends a directory (entries sorted by tag, then next_ifd_offset, then the values that do not
/// fit their slots) to `bytes`, whose first byte lies at `base_offset` of the file. base_offset +
/// bytes.size() is even.
void AppendIfd(std::string& bytes, std::vector<IfdEntry> entries, int64_t next_ifd_offset,
               IfdStyle style, int64_t base_offset = 0);

}  // namespace recover

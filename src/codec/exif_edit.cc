#include "codec/exif_edit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "codec/byte_order.h"
#include "codec/exif_write.h"

namespace recover {
namespace {

struct ParsedBlock {
  bool ok = false;
  bool big_endian = false;
  int64_t ifd0_offset = 0;
  Ifd ifd0;
};

ParsedBlock Parse(std::string_view block) {
  ParsedBlock parsed;
  const MemoryView source(block);
  const Result<TiffReader> reader = TiffReader::Open(source);
  if (!reader.has_value() || reader->is_big_tiff()) {
    return parsed;
  }
  Result<Ifd> ifd0 = reader->ReadIfd(reader->first_ifd_offset());
  if (!ifd0.has_value()) {
    return parsed;
  }
  parsed.ok = true;
  parsed.big_endian = reader->big_endian();
  parsed.ifd0_offset = reader->first_ifd_offset();
  parsed.ifd0 = *std::move(ifd0);
  return parsed;
}

/// Sets a field of one SHORT or LONG where it stands.
void SetInteger(std::string& block, const IfdEntry* entry, bool big_endian, uint64_t value) {
  if (entry == nullptr || entry->count != 1 ||
      (entry->type != tiff_type::kShort && entry->type != tiff_type::kLong)) {
    return;
  }
  const auto slot = static_cast<size_t>(entry->slot_offset);
  if (entry->type == tiff_type::kShort && value > 0xFFFF) {
    StoreUint(block, slot - 6, 2, big_endian,
              tiff_type::kLong);  // the type stands 6 bytes before the slot
    StoreUint(block, slot, 4, big_endian, value);
    return;
  }
  StoreUint(block, slot, entry->type == tiff_type::kShort ? 2 : 4, big_endian, value);
}

/// Cuts the chain after IFD0, and the thumbnail that hung there out of the block.
void DropThumbnail(std::string& block, const ParsedBlock& parsed) {
  const int64_t next = parsed.ifd0.next_ifd_offset;
  if (next == 0) {
    return;
  }
  StoreUint(block, static_cast<size_t>(parsed.ifd0.next_slot_offset), 4, parsed.big_endian, 0);
  const MemoryView source(block);
  const Result<TiffReader> reader = TiffReader::Open(source);
  const Result<Ifd> ifd1 = reader->ReadIfd(next);
  if (!ifd1.has_value()) {
    return;
  }
  const uint64_t begin = ifd1->IntegerOr(tiff_tag::kThumbnailOffset, 0);
  const uint64_t size = ifd1->IntegerOr(tiff_tag::kThumbnailLength, 0);
  if (begin < 8 || begin > block.size() || size > block.size() - begin) {
    return;
  }
  if (begin + size == block.size()) {
    block.resize(begin);
  } else {
    std::fill_n(block.begin() + static_cast<ptrdiff_t>(begin), size, '\0');
  }
}

/// Writes IFD0 anew at the end of the block, with `changed` instead of its fields of the same tags,
/// and points the header to it. All other offsets stay.
std::string ReplaceIfd0(std::string block, const std::vector<IfdEntry>& changed,
                        uint16_t removed_tag) {
  if (block.empty()) {
    block = std::string("II*\0\0\0\0\0", 8);
  }
  const ParsedBlock parsed = Parse(block);
  const bool is_new = LoadUint(block, 4, 4, false) == 0;
  if (!parsed.ok && !is_new) {
    return block;
  }
  std::vector<IfdEntry> entries = parsed.ifd0.entries;
  std::erase_if(entries, [&](const IfdEntry& entry) {
    return entry.tag == removed_tag ||
           std::any_of(changed.begin(), changed.end(),
                       [&](const IfdEntry& c) { return c.tag == entry.tag; });
  });
  entries.insert(entries.end(), changed.begin(), changed.end());
  if (block.size() % 2 != 0) {
    block.push_back('\0');
  }
  const size_t at = block.size();
  AppendIfd(block, std::move(entries), parsed.ifd0.next_ifd_offset,
            IfdStyle{is_new ? false : parsed.big_endian, false});
  StoreUint(block, 4, 4, parsed.big_endian, at);
  return block;
}

}  // namespace

int ExifOrientation(std::string_view block) {
  const uint64_t value = Parse(block).ifd0.IntegerOr(tiff_tag::kOrientation, 1);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

Density ExifDensity(const Ifd& ifd0) {
  const IfdEntry* x = ifd0.Find(tiff_tag::kXResolution);
  const IfdEntry* y = ifd0.Find(tiff_tag::kYResolution);
  const uint64_t unit = ifd0.IntegerOr(tiff_tag::kResolutionUnit, 2);
  const double per_inch = unit == 2 ? 1.0 : unit == 3 ? 2.54 : 0.0;
  Density density;
  density.x = x == nullptr ? 0 : x->Number().value_or(0) * per_inch;
  density.y = y == nullptr ? density.x : y->Number().value_or(0) * per_inch;
  return density;
}

Density ExifDensity(std::string_view block) { return ExifDensity(Parse(block).ifd0); }

std::string FitExif(std::string block, Size size) {
  ParsedBlock parsed = Parse(block);
  if (!parsed.ok) {
    return {};
  }
  SetInteger(block, parsed.ifd0.Find(tiff_tag::kOrientation), parsed.big_endian, 1);
  SetInteger(block, parsed.ifd0.Find(tiff_tag::kImageWidth), parsed.big_endian,
             static_cast<uint64_t>(size.width));
  SetInteger(block, parsed.ifd0.Find(tiff_tag::kImageLength), parsed.big_endian,
             static_cast<uint64_t>(size.height));
  DropThumbnail(block, parsed);
  const uint64_t exif_offset = parsed.ifd0.IntegerOr(tiff_tag::kExifIfd, 0);
  if (exif_offset != 0) {
    const MemoryView source(block);
    const Result<TiffReader> reader = TiffReader::Open(source);
    const Result<Ifd> exif = reader->ReadIfd(static_cast<int64_t>(exif_offset));
    if (exif.has_value()) {
      const Ifd fields = *exif;
      SetInteger(block, fields.Find(tiff_tag::kPixelXDimension), parsed.big_endian,
                 static_cast<uint64_t>(size.width));
      SetInteger(block, fields.Find(tiff_tag::kPixelYDimension), parsed.big_endian,
                 static_cast<uint64_t>(size.height));
    }
  }
  return block;
}

std::string SetExifIptc(std::string block, const std::string& iptc) {
  const bool has_it = Parse(block).ifd0.Find(tiff_tag::kIptc) != nullptr;
  if (iptc.empty() && !has_it) {
    return block;
  }
  std::vector<IfdEntry> changed;
  if (!iptc.empty()) {
    changed.push_back(MakeEntry(tiff_tag::kIptc, tiff_type::kUndefined, iptc));
  }
  return ReplaceIfd0(std::move(block), changed, tiff_tag::kIptc);
}

std::string ExifIptc(std::string_view block) {
  const ParsedBlock parsed = Parse(block);
  const IfdEntry* entry = parsed.ifd0.Find(tiff_tag::kIptc);
  return entry == nullptr ? std::string() : entry->value;
}

std::string SetExifDensity(std::string block, double dpi_x, double dpi_y) {
  if (!(dpi_x > 0) || !(dpi_y > 0) || ExifDensity(block).x > 0) {
    return block;
  }
  return ReplaceIfd0(
      std::move(block),
      {MakeRational(tiff_tag::kXResolution, dpi_x), MakeRational(tiff_tag::kYResolution, dpi_y),
       MakeShort(tiff_tag::kResolutionUnit, 2)},
      0);
}

std::string ShrinkExif(std::string block, size_t max_bytes) {
  if (block.size() <= max_bytes) {
    return block;
  }
  ExifTree tree = ReadExifTree(MemoryView(block));
  std::string smaller = WriteExifBlock(tree);
  for (const uint16_t tag : {tiff_tag::kMakerNote, uint16_t{0x9286} /* UserComment */}) {
    if (smaller.size() > max_bytes) {
      std::erase_if(tree.exif.entries, [tag](const IfdEntry& entry) { return entry.tag == tag; });
      smaller = WriteExifBlock(tree);
    }
  }
  return smaller.size() <= max_bytes ? smaller : std::string();
}

}  // namespace recover

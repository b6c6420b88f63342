#include "codec/exif_write.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "codec/byte_order.h"
#include "codec/exif_edit.h"

namespace recover {
namespace {

/// The value in the file's byte order.
std::string InOrder(const IfdEntry& entry, bool big_endian) {
  std::string value = entry.value;
  const bool is_rational = entry.type == tiff_type::kRational || entry.type == 10;
  const int word = entry.type == tiff_type::kUndefined ? 1
                   : is_rational                       ? 4
                                                       : TiffTypeSize(entry.type);
  if (big_endian && word > 1) {
    for (size_t at = 0; at + static_cast<size_t>(word) <= value.size();
         at += static_cast<size_t>(word)) {
      std::reverse(value.begin() + static_cast<ptrdiff_t>(at),
                   value.begin() + static_cast<ptrdiff_t>(at) + word);
    }
  }
  return value;
}

bool DescribesStorage(uint16_t tag) {
  static constexpr uint16_t kTags[] = {
      0x00FE, 0x00FF, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0107, 0x0108, 0x0109,
      0x010A, 0x0111, 0x0112, 0x0115, 0x0116, 0x0117, 0x0118, 0x0119, 0x011C, 0x0120,
      0x0121, 0x0122, 0x0123, 0x0124, 0x0125, 0x0129, 0x012D, 0x013D, 0x0140, 0x0141,
      0x0142, 0x0143, 0x0144, 0x0145, 0x014A, 0x014C, 0x014D, 0x014E, 0x0150, 0x0151,
      0x0152, 0x0153, 0x0154, 0x0155, 0x0156, 0x015B, 0x0200, 0x0201, 0x0202, 0x0203,
      0x0205, 0x0206, 0x0207, 0x0208, 0x0209, 0x0211, 0x0212, 0x0213, 0x0214, 0x02BC,
      0x80E3, 0x80E5, 0x83BB, 0x8649, 0x8769, 0x8773, 0x8825, 0x935C, 0xA005};
  return std::binary_search(std::begin(kTags), std::end(kTags), tag);
}

Ifd ReadSubIfd(const TiffReader& reader, const Ifd& parent, uint16_t tag) {
  const uint64_t offset = parent.IntegerOr(tag, 0);
  Result<Ifd> ifd = reader.ReadIfd(static_cast<int64_t>(offset));
  return offset != 0 && ifd.has_value() ? *std::move(ifd) : Ifd();
}

void ReplaceEntry(Ifd& ifd, IfdEntry entry) {
  std::erase_if(ifd.entries, [&](const IfdEntry& e) { return e.tag == entry.tag; });
  ifd.entries.push_back(std::move(entry));
}

uint32_t AppendSubIfd(std::string& block, const Ifd& ifd) {
  if (block.size() % 2 != 0) {
    block.push_back('\0');
  }
  const auto at = static_cast<uint32_t>(block.size());
  AppendIfd(block, ifd.entries, 0, IfdStyle{});
  return at;
}

}  // namespace

IfdEntry MakeEntry(uint16_t tag, uint16_t type, std::string value) {
  IfdEntry entry;
  entry.tag = tag;
  entry.type = type;
  entry.count = value.size();
  entry.value = std::move(value);
  return entry;
}

IfdEntry MakeShort(uint16_t tag, uint16_t value) {
  IfdEntry entry = MakeEntry(tag, tiff_type::kShort, {});
  AppendUint(entry.value, 2, false, value);
  entry.count = 1;
  return entry;
}

IfdEntry MakeLong(uint16_t tag, uint32_t value) {
  IfdEntry entry = MakeEntry(tag, tiff_type::kLong, {});
  AppendUint(entry.value, 4, false, value);
  entry.count = 1;
  return entry;
}

IfdEntry MakeRational(uint16_t tag, double value) {
  uint32_t below = 1;
  while (below < 1000000 && value * below * 10 < 4e9 &&
         std::fabs(std::round(value * below) / below - value) > 1e-6 * value) {
    below *= 10;
  }
  IfdEntry entry = MakeEntry(tag, tiff_type::kRational, {});
  AppendUint(entry.value, 4, false,
             static_cast<uint64_t>(std::llround(std::min(value * below, 4e9))));
  AppendUint(entry.value, 4, false, below);
  entry.count = 1;
  return entry;
}

void AppendIfd(std::string& bytes, std::vector<IfdEntry> entries, int64_t next_ifd_offset,
               IfdStyle style, int64_t base_offset) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.tag < b.tag; });
  const int slot_size = style.is_big_tiff ? 8 : 4;
  const size_t entry_size = style.is_big_tiff ? 20 : 12;
  AppendUint(bytes, style.is_big_tiff ? 8 : 2, style.big_endian, entries.size());
  size_t slot_at = bytes.size();
  bytes.resize(bytes.size() + entries.size() * entry_size);
  AppendUint(bytes, slot_size, style.big_endian, static_cast<uint64_t>(next_ifd_offset));
  for (const IfdEntry& entry : entries) {
    StoreUint(bytes, slot_at, 2, style.big_endian, entry.tag);
    StoreUint(bytes, slot_at + 2, 2, style.big_endian, entry.type);
    StoreUint(bytes, slot_at + 4, slot_size, style.big_endian, entry.count);
    const std::string value = InOrder(entry, style.big_endian);
    const size_t value_at = slot_at + 4 + static_cast<size_t>(slot_size);
    if (value.size() <= static_cast<size_t>(slot_size)) {
      bytes.replace(value_at, value.size(), value);
    } else {
      if (bytes.size() % 2 != 0) {
        bytes.push_back('\0');
      }
      StoreUint(bytes, value_at, slot_size, style.big_endian,
                static_cast<uint64_t>(base_offset) + bytes.size());
      bytes += value;
    }
    slot_at += entry_size;
  }
}

ExifTree ReadExifTree(const ByteSource& block) {
  ExifTree tree;
  const Result<TiffReader> reader = TiffReader::Open(block);
  if (!reader.has_value()) {
    return tree;
  }
  const Result<Ifd> ifd0 = reader->ReadIfd(reader->first_ifd_offset());
  if (!ifd0.has_value()) {
    return tree;
  }
  tree.exif = ReadSubIfd(*reader, *ifd0, tiff_tag::kExifIfd);
  tree.gps = ReadSubIfd(*reader, *ifd0, tiff_tag::kGpsIfd);
  tree.interop = ReadSubIfd(*reader, tree.exif, tiff_tag::kInteropIfd);
  for (const IfdEntry& entry : ifd0->entries) {
    if (!DescribesStorage(entry.tag)) {
      tree.main.entries.push_back(entry);
    }
  }
  std::erase_if(tree.exif.entries,
                [](const IfdEntry& e) { return e.tag == tiff_tag::kInteropIfd; });
  return tree;
}

std::string WriteExifBlock(const ExifTree& tree) {
  if (tree.empty()) {
    return {};
  }
  std::string block("II*\0\0\0\0\0", 8);
  Ifd main = tree.main;
  Ifd exif = tree.exif;
  if (!tree.interop.entries.empty()) {
    ReplaceEntry(exif, MakeLong(tiff_tag::kInteropIfd, AppendSubIfd(block, tree.interop)));
  }
  if (!exif.entries.empty()) {
    ReplaceEntry(main, MakeLong(tiff_tag::kExifIfd, AppendSubIfd(block, exif)));
  }
  if (!tree.gps.entries.empty()) {
    ReplaceEntry(main, MakeLong(tiff_tag::kGpsIfd, AppendSubIfd(block, tree.gps)));
  }
  StoreUint(block, 4, 4, false, AppendSubIfd(block, main));
  return block;
}

}  // namespace recover

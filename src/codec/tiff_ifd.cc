#include "codec/tiff_ifd.h"

#include <algorithm>
#include <cmath>

#include "codec/byte_order.h"

namespace recover {
namespace {

constexpr uint64_t kMaxEntries = 65535;
constexpr uint64_t kMaxValueBytes = uint64_t{64} << 20;

/// The size of the integers a type is made of: what has to be turned round.
int WordSize(uint16_t type) {
  switch (type) {
    case tiff_type::kRational:
    case 10:  // signed rational
      return 4;
    case tiff_type::kUndefined:
      return 1;
    default:
      return TiffTypeSize(type);
  }
}

void TurnWords(std::string& value, int word) {
  if (word > 1) {
    for (size_t at = 0; at + static_cast<size_t>(word) <= value.size();
         at += static_cast<size_t>(word)) {
      std::reverse(value.begin() + static_cast<ptrdiff_t>(at),
                   value.begin() + static_cast<ptrdiff_t>(at) + word);
    }
  }
}

}  // namespace

int TiffTypeSize(uint16_t type) {
  static constexpr int kSizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  return type < std::size(kSizes) ? kSizes[type] : 0;
}

std::optional<uint64_t> IfdEntry::Integer(size_t i) const {
  const bool is_integer = type == tiff_type::kByte || type == tiff_type::kShort ||
                          type == tiff_type::kLong || type == tiff_type::kIfd ||
                          type == tiff_type::kLong8 || type == 18;
  const auto size = static_cast<size_t>(TiffTypeSize(type));
  if (!is_integer || i >= count || (i + 1) * size > value.size()) {
    return std::nullopt;
  }
  return LoadUint(value, i * size, static_cast<int>(size), false);
}

std::optional<double> IfdEntry::Number() const {
  if (type == tiff_type::kRational && value.size() >= 8) {
    const double below = LoadLe32(value, 4);
    const double number = LoadLe32(value, 0) / below;
    return below != 0 && std::isfinite(number) ? std::optional(number) : std::nullopt;
  }
  const std::optional<uint64_t> integer = Integer();
  return integer ? std::optional(static_cast<double>(*integer)) : std::nullopt;
}

const IfdEntry* Ifd::Find(uint16_t tag) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [tag](const IfdEntry& e) { return e.tag == tag; });
  return found == entries.end() ? nullptr : &*found;
}

uint64_t Ifd::IntegerOr(uint16_t tag, uint64_t otherwise) const {
  const IfdEntry* entry = Find(tag);
  return entry == nullptr ? otherwise : entry->Integer().value_or(otherwise);
}

Result<TiffReader> TiffReader::Open(const ByteSource& source) {
  TiffReader reader(source);
  const std::string head = source.ReadUpTo(0, 16);
  const bool little = head.starts_with("II");
  if (head.size() < 8 || (!little && !head.starts_with("MM"))) {
    return Status(StatusCode::kCorruptInput, "no TIFF header");
  }
  reader.big_endian_ = !little;
  const uint64_t magic = LoadUint(head, 2, 2, reader.big_endian_);
  if (magic == 42) {
    reader.first_ifd_offset_ = static_cast<int64_t>(LoadUint(head, 4, 4, reader.big_endian_));
  } else if (magic == 43 && head.size() == 16 && LoadUint(head, 4, 2, reader.big_endian_) == 8) {
    reader.is_big_tiff_ = true;
    reader.first_ifd_offset_ = static_cast<int64_t>(LoadUint(head, 8, 8, reader.big_endian_));
  } else {
    return Status(StatusCode::kCorruptInput, "no TIFF header");
  }
  return reader;
}

Result<Ifd> TiffReader::ReadIfd(int64_t offset) const {
  const int count_size = is_big_tiff_ ? 8 : 2;
  const size_t entry_size = is_big_tiff_ ? 20 : 12;
  const int offset_size = is_big_tiff_ ? 8 : 4;
  const std::string count_bytes = source_->ReadExactly(offset, static_cast<size_t>(count_size));
  if (offset < 8 || count_bytes.empty()) {
    return Status(StatusCode::kCorruptInput, "a TIFF directory lies outside the data");
  }
  const uint64_t count = LoadUint(count_bytes, 0, count_size, big_endian_);
  const int64_t entries_offset = offset + count_size;
  if (count > kMaxEntries ||
      count * entry_size > static_cast<uint64_t>(source_->size() - entries_offset)) {
    return Status(StatusCode::kCorruptInput, "a TIFF directory lies outside the data");
  }
  const std::string bytes = source_->ReadExactly(entries_offset, count * entry_size);
  Ifd ifd;
  for (size_t i = 0; i < count && bytes.size() == count * entry_size; ++i) {
    if (auto entry = ReadEntry(bytes, i * entry_size,
                               entries_offset + static_cast<int64_t>(i * entry_size), ifd)) {
      ifd.entries.push_back(*std::move(entry));
    }
  }
  ifd.next_slot_offset = entries_offset + static_cast<int64_t>(count * entry_size);
  const std::string next =
      source_->ReadExactly(ifd.next_slot_offset, static_cast<size_t>(offset_size));
  ifd.next_ifd_offset =
      next.empty() ? 0 : static_cast<int64_t>(LoadUint(next, 0, offset_size, big_endian_));
  return ifd;
}

std::optional<IfdEntry> TiffReader::ReadEntry(std::string_view bytes, size_t at,
                                              int64_t file_offset, Ifd& ifd) const {
  const int slot_size = is_big_tiff_ ? 8 : 4;
  const size_t slot_at = at + (is_big_tiff_ ? 12 : 8);
  IfdEntry entry;
  entry.tag = static_cast<uint16_t>(LoadUint(bytes, at, 2, big_endian_));
  entry.type = static_cast<uint16_t>(LoadUint(bytes, at + 2, 2, big_endian_));
  entry.count = LoadUint(bytes, at + 4, is_big_tiff_ ? 8 : 4, big_endian_);
  entry.slot_offset = file_offset + static_cast<int64_t>(slot_at - at);
  const auto type_size = static_cast<uint64_t>(TiffTypeSize(entry.type));
  if (type_size == 0 || entry.count > kMaxValueBytes / type_size) {
    return std::nullopt;
  }
  const uint64_t size = entry.count * type_size;
  if (size <= static_cast<uint64_t>(slot_size)) {
    entry.value_offset = entry.slot_offset;
    entry.value = bytes.substr(slot_at, size);
  } else {
    entry.value_offset = static_cast<int64_t>(LoadUint(bytes, slot_at, slot_size, big_endian_));
    entry.value = source_->ReadExactly(entry.value_offset, size);
    if (entry.value.empty()) {
      ifd.cut_tags.push_back(entry.tag);
      return std::nullopt;
    }
  }
  if (big_endian_) {
    TurnWords(entry.value, WordSize(entry.type));
  }
  return entry;
}

}  // namespace recover

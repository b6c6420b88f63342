#include "codec/metadata_tiff.h"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "codec/byte_order.h"
#include "codec/exif_edit.h"
#include "codec/exif_write.h"
#include "codec/photoshop_iptc.h"

namespace recover {
namespace {

std::string ValueOf(const Ifd& ifd, uint16_t tag) {
  const IfdEntry* entry = ifd.Find(tag);
  return entry == nullptr ? std::string() : entry->value;
}

/// IPTC is bytes, but often typed LONG, by which a big-endian file gets it turned round: the reader
/// has turned it, so it is turned back.
std::string IptcValue(const Ifd& ifd, bool big_endian) {
  const IfdEntry* entry = ifd.Find(tiff_tag::kIptc);
  if (entry == nullptr) {
    return {};
  }
  std::string value = entry->value;
  if (big_endian && entry->type == tiff_type::kLong) {
    for (size_t at = 0; at + 4 <= value.size(); at += 4) {
      std::reverse(value.begin() + static_cast<ptrdiff_t>(at),
                   value.begin() + static_cast<ptrdiff_t>(at) + 4);
    }
  }
  return value;
}

/// The finished file, to read its directory back.
class WrittenFile : public ByteSource {
 public:
  explicit WrittenFile(const FileWriter& file) : descriptor_(file.descriptor()) {
    struct stat about = {};
    size_ = fstat(descriptor_, &about) == 0 ? about.st_size : 0;
  }
  int64_t size() const override { return size_; }
  Result<size_t> ReadAt(int64_t offset, void* buffer, size_t count) const override {
    const ssize_t got = pread(descriptor_, buffer, count, offset);
    return static_cast<size_t>(std::max<ssize_t>(got, 0));
  }

 private:
  int descriptor_;
  int64_t size_ = 0;
};

/// The fields that `metadata` brings to IFD0; sub-directories go to `tail`, which will lie at
/// `base`.
std::vector<IfdEntry> MakeFields(const Metadata& metadata, IfdStyle style, int64_t base,
                                 std::string& tail) {
  const ExifTree tree = ReadExifTree(MemoryView(metadata.exif));
  std::vector<IfdEntry> fields = tree.main.entries;
  const auto append = [&](std::vector<IfdEntry> entries) {
    tail.resize(tail.size() + tail.size() % 2);
    const auto at = static_cast<uint32_t>(base + static_cast<int64_t>(tail.size()));
    AppendIfd(tail, std::move(entries), 0, style, base);
    return at;
  };
  // LONG holds the offsets in a BigTIFF too as long as they are under 4 GiB; beyond, LONG8 does.
  const auto pointer = [&](uint16_t tag, std::vector<IfdEntry> entries) {
    const int64_t at = base + static_cast<int64_t>(tail.size() + tail.size() % 2);
    IfdEntry entry = MakeLong(tag, append(std::move(entries)));
    if (at > int64_t{0xFFFFFFFF}) {
      entry.type = tiff_type::kLong8;
      entry.value.clear();
      AppendUint(entry.value, 8, false, static_cast<uint64_t>(at));
    }
    return entry;
  };
  std::vector<IfdEntry> exif = tree.exif.entries;
  if (!tree.interop.entries.empty()) {
    exif.push_back(pointer(tiff_tag::kInteropIfd, tree.interop.entries));
  }
  if (!exif.empty()) {
    fields.push_back(pointer(tiff_tag::kExifIfd, std::move(exif)));
  }
  if (!tree.gps.entries.empty()) {
    fields.push_back(pointer(tiff_tag::kGpsIfd, tree.gps.entries));
  }
  const auto add_bytes = [&](uint16_t tag, uint16_t type, const std::string& value) {
    if (!value.empty()) {
      fields.push_back(MakeEntry(tag, type, value));
    }
  };
  add_bytes(tiff_tag::kXmp, tiff_type::kByte, metadata.xmp);
  add_bytes(tiff_tag::kIptc, tiff_type::kUndefined, metadata.iptc);
  add_bytes(tiff_tag::kIcc, tiff_type::kUndefined, metadata.icc);
  if (metadata.dpi_x > 0 && metadata.dpi_y > 0) {
    std::erase_if(fields, [](const IfdEntry& e) {
      return e.tag == tiff_tag::kXResolution || e.tag == tiff_tag::kYResolution ||
             e.tag == tiff_tag::kResolutionUnit;
    });
    fields.push_back(MakeRational(tiff_tag::kXResolution, metadata.dpi_x));
    fields.push_back(MakeRational(tiff_tag::kYResolution, metadata.dpi_y));
    fields.push_back(MakeShort(tiff_tag::kResolutionUnit, 2));
  }
  return fields;
}

}  // namespace

StoredMetadata ReadTiffMetadata(const ByteSource& source) {
  StoredMetadata stored;
  const Result<TiffReader> reader = TiffReader::Open(source);
  if (!reader.has_value()) {
    return stored;
  }
  const Result<Ifd> ifd = reader->ReadIfd(reader->first_ifd_offset());
  if (!ifd.has_value()) {
    return stored;
  }
  Metadata& metadata = stored.metadata;
  metadata.exif = WriteExifBlock(ReadExifTree(source));
  metadata.xmp = ValueOf(*ifd, tiff_tag::kXmp);
  metadata.icc = ValueOf(*ifd, tiff_tag::kIcc);
  metadata.iptc = IptcValue(*ifd, reader->big_endian());
  if (metadata.iptc.empty()) {
    metadata.iptc = IptcFromPhotoshop(ValueOf(*ifd, tiff_tag::kPhotoshop));
  }
  const Density density = ExifDensity(*ifd);
  metadata.dpi_x = density.x;
  metadata.dpi_y = density.y;
  const uint64_t orientation = ifd->IntegerOr(tiff_tag::kOrientation, 1);
  stored.orientation = orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
  // 0 = unspecified. Associated alpha (1) is made straight by libvips.
  stored.has_true_alpha = ifd->IntegerOr(tiff_tag::kExtraSamples, 2) != 0;
  return stored;
}

Status AddTiffMetadata(const Metadata& metadata, FileWriter& file) {
  const WrittenFile written(file);
  const Status unreadable(StatusCode::kInternal, "the TIFF just written has no directory");
  const Result<TiffReader> reader = TiffReader::Open(written);
  if (!reader.has_value() || reader->big_endian()) {
    return unreadable;
  }
  Result<Ifd> ifd = reader->ReadIfd(reader->first_ifd_offset());
  if (!ifd.has_value()) {
    return unreadable;
  }
  const IfdStyle style{false, reader->is_big_tiff()};
  const int64_t base = written.size() + written.size() % 2;
  std::string tail;
  std::vector<IfdEntry> fields = MakeFields(metadata, style, base, tail);
  if (fields.empty()) {
    return Status::Ok();
  }
  // The strips' offsets and all else that libtiff wrote stand first: of equal tags these stay.
  std::vector<IfdEntry> entries = std::move(ifd->entries);
  for (IfdEntry& field : fields) {
    if (std::none_of(entries.begin(), entries.end(),
                     [&](const IfdEntry& e) { return e.tag == field.tag; })) {
      entries.push_back(std::move(field));
    }
  }
  tail.resize(tail.size() + tail.size() % 2);
  const auto directory = static_cast<uint64_t>(base) + tail.size();
  if (!style.is_big_tiff && directory > 0xFFFFFFFFU) {
    return {StatusCode::kTooLarge, "the TIFF with its metadata would be over 4 GiB"};
  }
  AppendIfd(tail, std::move(entries), 0, style, base);
  std::string slot;
  AppendUint(slot, style.is_big_tiff ? 8 : 4, false, directory);
  file.WriteAt(base, tail.data(), tail.size());
  file.WriteAt(style.is_big_tiff ? 8 : 4, slot.data(), slot.size());
  return file.status();
}

}  // namespace recover

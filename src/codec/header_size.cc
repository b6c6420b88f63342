// Width and height from the header alone: the check against bombs comes before any decoder.

#include <algorithm>
#include <optional>

#include "codec/byte_order.h"
#include "codec/chunks.h"
#include "codec/sniff.h"
#include "codec/tiff_ifd.h"

namespace recover {
namespace {

struct WideSize {
  uint64_t width = 0;
  uint64_t height = 0;
};

void Enlarge(std::optional<WideSize>& size, WideSize found) {
  if (!size || size->width * size->height < found.width * found.height) {
    size = found;
  }
}

std::optional<WideSize> JpegSize(const ByteSource& source) {
  std::optional<WideSize> size;
  WalkJpegSegments(source, [&](const Chunk& segment) {
    const auto marker = static_cast<uint8_t>(segment.type[0]);
    const bool is_frame =
        marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    const std::string bytes = is_frame ? source.ReadExactly(segment.offset, 5) : "";
    if (!bytes.empty()) {
      size = WideSize{LoadBe16(bytes, 3), LoadBe16(bytes, 1)};
    }
    return !size.has_value();
  });
  return size;
}

std::optional<WideSize> PngSize(const ByteSource& source) {
  const std::string head = source.ReadExactly(8, 16);
  if (head.empty() || head.substr(4, 4) != "IHDR") {
    return std::nullopt;
  }
  return WideSize{LoadBe32(head, 8), LoadBe32(head, 12)};
}

std::optional<WideSize> TiffSize(const ByteSource& source) {
  const Result<TiffReader> reader = TiffReader::Open(source);
  if (!reader.has_value()) {
    return std::nullopt;
  }
  const Result<Ifd> ifd = reader->ReadIfd(reader->first_ifd_offset());
  if (!ifd.has_value()) {
    return std::nullopt;
  }
  return WideSize{ifd->IntegerOr(tiff_tag::kImageWidth, 0),
                  ifd->IntegerOr(tiff_tag::kImageLength, 0)};
}

/// RFC 9649: the larger of the VP8X canvas and the bitstream's own size.
std::optional<WideSize> WebpSize(const ByteSource& source) {
  std::optional<WideSize> size;
  WalkRiffChunks(source, [&](const Chunk& chunk) {
    const std::string bytes = source.ReadUpTo(chunk.offset, 10);
    if (chunk.type == "VP8X" && bytes.size() == 10) {
      Enlarge(size, {LoadUint(bytes, 4, 3, false) + 1, LoadUint(bytes, 7, 3, false) + 1});
    } else if (chunk.type == "VP8 " && bytes.size() == 10) {
      Enlarge(size, {LoadLe16(bytes, 6) & 0x3FFF, LoadLe16(bytes, 8) & 0x3FFF});
    } else if (chunk.type == "VP8L" && bytes.size() >= 5) {
      const uint32_t bits = LoadLe32(bytes, 1);
      Enlarge(size, {(bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1});
    }
    return true;
  });
  return size;
}

/// ISO/IEC 23008-12: the largest "ispe" property in meta/iprp/ipco.
std::optional<WideSize> HeifSize(const ByteSource& source) {
  std::optional<WideSize> size;
  const auto visit_property = [&](const Chunk& box) {
    const std::string bytes = box.type == "ispe" ? source.ReadExactly(box.offset, 12) : "";
    if (!bytes.empty()) {
      Enlarge(size, {LoadBe32(bytes, 4), LoadBe32(bytes, 8)});
    }
    return true;
  };
  const auto visit_inside = [&](std::string_view wanted, const ChunkVisitor& visit) {
    return [&source, wanted, visit](const Chunk& box) {
      if (box.type == wanted) {
        WalkIsoBoxes(source, box.offset + (wanted == "meta" ? 4 : 0), box.offset + box.size, visit);
      }
      return true;
    };
  };
  WalkIsoBoxes(source, 0, source.size(),
               visit_inside("meta", visit_inside("iprp", visit_inside("ipco", visit_property))));
  return size;
}

/// Least significant bit first, as ISO/IEC 18181-1 reads its headers.
class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}
  uint64_t Read(int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; ++i, ++at_) {
      const uint64_t bit =
          at_ / 8 < bytes_.size() ? static_cast<uint8_t>(bytes_[at_ / 8]) >> (at_ % 8) & 1 : 0;
      value |= bit << i;
    }
    return value;
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

/// SizeHeader of ISO/IEC 18181-1 (A.3).
WideSize JxlCodestreamSize(std::string_view bytes) {
  static constexpr int kBits[] = {9, 13, 18, 30};
  static constexpr uint64_t kRatios[][2] = {{1, 1}, {1, 1},  {12, 10}, {4, 3},
                                            {3, 2}, {16, 9}, {5, 4},   {2, 1}};
  BitReader bits(bytes);
  const bool is_small = bits.Read(1) != 0;
  const auto read_side = [&] {
    return is_small ? (bits.Read(5) + 1) * 8 : bits.Read(kBits[bits.Read(2)]) + 1;
  };
  const uint64_t height = read_side();
  const uint64_t ratio = bits.Read(3);
  return {ratio == 0 ? read_side() : height * kRatios[ratio][0] / kRatios[ratio][1], height};
}

std::optional<WideSize> JxlSize(const ByteSource& source) {
  std::string stream = source.ReadUpTo(0, 16);
  if (!stream.starts_with("\xFF\x0A")) {
    stream.clear();
    WalkIsoBoxes(source, 0, source.size(), [&](const Chunk& box) {
      if (box.type == "jxlc" || box.type == "jxlp") {
        stream = source.ReadUpTo(box.offset + (box.type == "jxlp" ? 4 : 0), 16);
      }
      return stream.empty();
    });
  }
  if (stream.size() < 4 || !stream.starts_with("\xFF\x0A")) {
    return std::nullopt;
  }
  return JxlCodestreamSize(std::string_view(stream).substr(2));
}

std::optional<WideSize> AnySize(const ByteSource& source, FileFormat format) {
  switch (format) {
    case FileFormat::kJpeg:
      return JpegSize(source);
    case FileFormat::kPng:
      return PngSize(source);
    case FileFormat::kTiff:
      return TiffSize(source);
    case FileFormat::kWebp:
      return WebpSize(source);
    case FileFormat::kHeic:
    case FileFormat::kAvif:
      return HeifSize(source);
    case FileFormat::kJxl:
      return JxlSize(source);
  }
  return std::nullopt;
}

/// Whether the first directory points beyond the end for its strips, its colours or its profile.
/// Other fields may: cameras write odd ones.
bool LacksTiffValues(const ByteSource& source) {
  const Result<TiffReader> reader = TiffReader::Open(source);
  if (!reader.has_value()) {
    return false;
  }
  const Result<Ifd> ifd = reader->ReadIfd(reader->first_ifd_offset());
  constexpr uint16_t kNeeded[] = {273, 279, 320, 324, 325, tiff_tag::kIcc};
  return ifd.has_value() && std::any_of(std::begin(kNeeded), std::end(kNeeded), [&](uint16_t tag) {
           return std::count(ifd->cut_tags.begin(), ifd->cut_tags.end(), tag) != 0;
         });
}

}  // namespace

Result<Size> ReadHeaderSize(const ByteSource& source, FileFormat format) {
  const std::optional<WideSize> size = AnySize(source, format);
  if (size && (size->width == 0 || size->height == 0)) {
    return Status(StatusCode::kUnprocessable, "has no pixels: its " +
                                                  std::string(FileFormatName(format)) +
                                                  " header states a side of zero");
  }
  if (!size) {
    return Status(StatusCode::kCorruptInput, "is damaged or cut short: its " +
                                                 std::string(FileFormatName(format)) +
                                                 " header states no size");
  }
  // Beyond this no int holds the side; the pixel limit refuses it whatever it is.
  constexpr uint64_t kMaxSide = 0x7FFFFFFF;
  return Size{static_cast<int>(std::min(size->width, kMaxSide)),
              static_cast<int>(std::min(size->height, kMaxSide))};
}

Status CheckComplete(const ByteSource& source, FileFormat format) {
  bool is_whole = true;
  if (format == FileFormat::kWebp) {
    const std::string head = source.ReadExactly(0, 8);
    is_whole = !head.empty() && int64_t{LoadLe32(head, 4)} + 8 <= source.size();
  } else if (format == FileFormat::kTiff) {
    is_whole = !LacksTiffValues(source);
  } else if (format == FileFormat::kHeic || format == FileFormat::kAvif ||
             (format == FileFormat::kJxl && source.ReadUpTo(0, 1) == std::string(1, '\0'))) {
    int64_t end = 0;
    WalkIsoBoxes(source, 0, source.size(), [&](const Chunk& box) {
      is_whole = box.is_whole;
      end = box.offset + box.size;
      return is_whole;
    });
    is_whole =
        is_whole && (end == source.size() || source.size() - end >= 8);  // else half a box header
  }
  return is_whole ? Status::Ok()
                  : Status(StatusCode::kCorruptInput, "is cut short: its end is missing");
}

int ReadStoredBits(const ByteSource& source, FileFormat format) {
  if (format == FileFormat::kPng) {
    const std::string depth = source.ReadExactly(24, 1);
    return depth.empty() ? 0 : static_cast<uint8_t>(depth[0]);
  }
  if (format == FileFormat::kTiff) {
    if (const Result<TiffReader> reader = TiffReader::Open(source); reader.has_value()) {
      const Result<Ifd> ifd = reader->ReadIfd(reader->first_ifd_offset());
      return ifd.has_value() ? static_cast<int>(std::min<uint64_t>(
                                   ifd->IntegerOr(tiff_tag::kBitsPerSample, 1), 64))
                             : 0;
    }
  }
  return 0;
}

}  // namespace recover

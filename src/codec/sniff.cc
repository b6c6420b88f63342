#include "codec/sniff.h"

#include <set>
#include <string>
#include <vector>

#include "codec/byte_order.h"
#include "codec/tiff_ifd.h"

namespace recover {
namespace {

using namespace std::string_view_literals;

Status RawStatus(std::string_view what) {
  return {StatusCode::kUnsupportedFormat, "is a camera RAW file (" + std::string(what) +
                                              "), which is not developed here; export it as a "
                                              "16-bit TIFF from your RAW software and take that"};
}

Status OtherStatus(std::string_view what) {
  return {StatusCode::kUnsupportedFormat,
          "is " + std::string(what) +
              ", which is not read here; convert it to PNG, TIFF or JPEG first"};
}

struct Magic {
  size_t offset;
  std::string_view bytes;
  std::string_view what;
  bool is_raw;
};

// Sources: each format's own specification; RAW headers as listed by ExifTool's documentation.
constexpr Magic kRefused[] = {
    {0, "FUJIFILMCCD-RAW"sv, "Fujifilm RAF", true},
    {0, "IIRO"sv, "Olympus ORF", true},
    {0, "IIRS"sv, "Olympus ORF", true},
    {0, "MMOR"sv, "Olympus ORF", true},
    {0, "IIU\0"sv, "Panasonic RW2", true},
    {6, "HEAPCCDR"sv, "Canon CRW", true},
    {8, "CR\2"sv, "Canon CR2", true},
    {0, "FOVb"sv, "Sigma X3F", true},
    {0, "\0MRM"sv, "Minolta MRW", true},
    {4, "ftypcrx "sv, "Canon CR3", true},
    {0, "IIII"sv, "Phase One IIQ", true},
    {0, "GIF8"sv, "a GIF", false},
    {0, "%PDF"sv, "a PDF document", false},
    {0, "BM"sv, "a BMP bitmap", false},
    {0, "8BPS"sv, "a Photoshop document (PSD)", false},
    {0, "gimp xcf"sv, "a GIMP document (XCF)", false},
    {0, "v/1\1"sv, "an OpenEXR picture", false},
    {0, "#?RADIANCE"sv, "a Radiance HDR picture", false},
    {0, "\0\0\0\x0CjP  \r\n\x87\n"sv, "a JPEG 2000", false},
    {0, "\xFF\x4F\xFF\x51"sv, "a JPEG 2000", false},
    {0, "DDS "sv, "a DDS texture", false},
    {0, "\0\0\1\0"sv, "a Windows icon", false},
    {0, "qoif"sv, "a QOI picture", false},
    {0, "II\xBC"sv, "a JPEG XR", false},
    {0, "SIMPLE  ="sv, "a FITS picture", false},
    {0, "PK\3\4"sv, "a ZIP archive or an office document", false},
    {0, "\x1F\x8B"sv, "gzip-compressed data", false},
    {4, "ftypqt  "sv, "a video", false},
    {4, "ftypmp4"sv, "a video", false},
    {4, "ftypisom"sv, "a video", false},
    {4, "ftypM4V"sv, "a video", false},
    {0, "\x1A\x45\xDF\xA3"sv, "a video", false},
};

bool HasAt(std::string_view head, size_t offset, std::string_view bytes) {
  return head.size() >= offset + bytes.size() && head.substr(offset, bytes.size()) == bytes;
}

/// Whether this directory describes sensor data rather than a picture.
bool IsSensorData(const Ifd& ifd) {
  const uint64_t photometric = ifd.IntegerOr(tiff_tag::kPhotometric, 0);
  const uint64_t compression = ifd.IntegerOr(tiff_tag::kCompression, 0);
  // 32803 CFA, 34892 LinearRaw (DNG 1.6); 34713 Nikon NEF, 32767 Sony ARW, 65535 Pentax PEF,
  // 32770 Samsung SRW, 32867 Kodak: compressions that only their RAW files use.
  const bool makers_own = compression == 34713 || compression == 32767 || compression == 65535 ||
                          compression == 32770 || compression == 32867;
  return photometric == 32803 || photometric == 34892 || makers_own ||
         ifd.Find(tiff_tag::kDngVersion) != nullptr;
}

std::string RawName(const Ifd& first) {
  if (first.Find(tiff_tag::kDngVersion) != nullptr) {
    return "DNG";
  }
  const IfdEntry* make = first.Find(tiff_tag::kMake);
  std::string name = make == nullptr ? "" : make->value.substr(0, make->value.find('\0'));
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E) {
      c = '?';
    }
  }
  return name.empty() ? "sensor data in a TIFF" : name.substr(0, 40);
}

/// Looks through the first directories and their sub-directories.
Result<FileFormat> SniffTiff(const ByteSource& source) {
  const Result<TiffReader> reader = TiffReader::Open(source);
  if (!reader.has_value()) {
    return FileFormat::kTiff;  // the decoder says what is wrong with it
  }
  std::vector<int64_t> to_read = {reader->first_ifd_offset()};
  std::set<int64_t> seen;
  std::string name;
  while (!to_read.empty() && seen.size() < 16) {
    const int64_t offset = to_read.back();
    to_read.pop_back();
    if (offset == 0 || !seen.insert(offset).second) {
      continue;
    }
    const Result<Ifd> ifd = reader->ReadIfd(offset);
    if (!ifd.has_value()) {
      continue;
    }
    name = seen.size() == 1 ? RawName(*ifd) : name;
    if (IsSensorData(*ifd)) {
      return RawStatus(name);
    }
    to_read.push_back(ifd->next_ifd_offset);
    if (const IfdEntry* sub = ifd->Find(tiff_tag::kSubIfds)) {
      for (size_t i = 0; i < 8; ++i) {
        to_read.push_back(static_cast<int64_t>(sub->Integer(i).value_or(0)));
      }
    }
  }
  return FileFormat::kTiff;
}

/// The brands of an ISO base media file: the major one, then the compatible ones.
Result<FileFormat> SniffIsoMedia(std::string_view head) {
  const size_t end = std::min<size_t>(head.size(), LoadBe32(head, 0));
  bool is_heic = false;
  for (size_t at = 8; at + 4 <= end; at += at == 8 ? 8 : 4) {
    const std::string_view brand = head.substr(at, 4);
    if (brand == "avif" || brand == "avis") {
      return FileFormat::kAvif;
    }
    is_heic = is_heic || brand == "heic" || brand == "heix" || brand == "hevc" || brand == "heim" ||
              brand == "heis" || brand == "mif1" || brand == "msf1";
  }
  if (is_heic) {
    return FileFormat::kHeic;
  }
  return OtherStatus("a video or another media file");
}

bool LooksLikeText(std::string_view head) {
  for (const char c : head) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<FileFormat> SniffFormat(const ByteSource& source) {
  const std::string head = source.ReadUpTo(0, 512);
  for (const Magic& magic : kRefused) {
    if (HasAt(head, magic.offset, magic.bytes) &&
        !(magic.offset == 8 && !head.starts_with("II*\0"sv))) {
      return magic.is_raw ? RawStatus(magic.what) : OtherStatus(magic.what);
    }
  }
  if (HasAt(head, 0, "\xFF\xD8\xFF"sv)) {
    return FileFormat::kJpeg;
  }
  if (HasAt(head, 0, "\x89PNG\r\n\x1A\n"sv)) {
    return FileFormat::kPng;
  }
  if (HasAt(head, 0, "RIFF"sv) && HasAt(head, 8, "WEBP"sv)) {
    return FileFormat::kWebp;
  }
  if (HasAt(head, 0, "II*\0"sv) || HasAt(head, 0, "MM\0*"sv) || HasAt(head, 0, "II+\0"sv) ||
      HasAt(head, 0, "MM\0+"sv)) {
    return SniffTiff(source);
  }
  if (HasAt(head, 0, "\xFF\x0A"sv) || HasAt(head, 0, "\0\0\0\x0CJXL \r\n\x87\n"sv)) {
    return FileFormat::kJxl;
  }
  if (HasAt(head, 4, "ftyp"sv)) {
    return SniffIsoMedia(head);
  }
  if (head.find("<svg") != std::string::npos) {
    return OtherStatus("an SVG drawing");
  }
  if (LooksLikeText(head)) {
    return Status(StatusCode::kUnsupportedFormat, "is text, not a picture");
  }
  return Status(StatusCode::kUnsupportedFormat,
                "is not a picture known here (JPEG, PNG, TIFF, WebP, HEIC, AVIF and JPEG XL are)");
}

}  // namespace recover

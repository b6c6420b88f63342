// TIFF, streamed in strips: deflate with horizontal differencing, or none. BigTIFF when the picture
// could come near 4 GiB. libtiff writes the pixels; the metadata joins its directory afterwards.

#include <tiffio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "codec/encoders.h"
#include "codec/metadata_tiff.h"

namespace recover {
namespace {

constexpr int64_t kStripBytes = 512 * 1024;
// Deflate may enlarge noise a little, and directories and metadata come on top.
constexpr int64_t kClassicTiffBytes = int64_t{3900} << 20;
// The fastest: higher levels look for longer matches, which photographs hardly have.
constexpr int kDeflateLevel = 1;

struct Sink {
  FileWriter* file = nullptr;
  int64_t position = 0;
  std::string message;
};

Sink* SinkOf(thandle_t handle) { return static_cast<Sink*>(handle); }

tmsize_t ReadProc(thandle_t handle, void* data, tmsize_t count) {
  Sink* sink = SinkOf(handle);
  const ssize_t got =
      pread(sink->file->descriptor(), data, static_cast<size_t>(count), sink->position);
  sink->position += std::max<ssize_t>(got, 0);
  return got;
}

tmsize_t WriteProc(thandle_t handle, void* data, tmsize_t count) {
  Sink* sink = SinkOf(handle);
  if (!sink->file->WriteAt(sink->position, data, static_cast<size_t>(count))) {
    return -1;
  }
  sink->position += count;
  return count;
}

toff_t SizeProc(thandle_t handle) {
  struct stat about = {};
  return fstat(SinkOf(handle)->file->descriptor(), &about) == 0 ? static_cast<toff_t>(about.st_size)
                                                                : 0;
}

toff_t SeekProc(thandle_t handle, toff_t offset, int whence) {
  Sink* sink = SinkOf(handle);
  const auto delta = static_cast<int64_t>(offset);
  sink->position = whence == SEEK_SET   ? delta
                   : whence == SEEK_CUR ? sink->position + delta
                                        : static_cast<int64_t>(SizeProc(handle)) + delta;
  return static_cast<toff_t>(sink->position);
}

int CloseProc(thandle_t /*handle*/) { return 0; }

[[gnu::format(printf, 4, 0)]] int OnError(TIFF* /*tiff*/, void* user, const char* /*module*/,
                                          const char* format, va_list arguments) {
  std::array<char, 300> text = {};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  static_cast<Sink*>(user)->message = text.data();
  return 1;
}

int OnWarning(TIFF* /*tiff*/, void* /*user*/, const char* /*module*/, const char* /*format*/,
              va_list /*arguments*/) {
  return 1;
}

struct TiffClose {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using TiffPtr = std::unique_ptr<TIFF, TiffClose>;

struct OptionsFree {
  void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};

TiffPtr OpenTiff(Sink& sink, bool big) {
  const std::unique_ptr<TIFFOpenOptions, OptionsFree> options(TIFFOpenOptionsAlloc());
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), OnError, &sink);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), OnWarning, &sink);
  return TiffPtr(TIFFClientOpenExt("output", big ? "w8" : "w", &sink, ReadProc, WriteProc, SeekProc,
                                   CloseProc, SizeProc, nullptr, nullptr, options.get()));
}

void SetFields(TIFF* tiff, const QuantisedRows& rows, const EncodeOptions& options,
               int64_t strip_rows) {
  const bool is_grey = rows.channels() <= 2;
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(rows.size().width));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(rows.size().height));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, rows.bits_per_sample());
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, rows.channels());
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, is_grey ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<uint32_t>(strip_rows));
  if (rows.has_alpha()) {
    const uint16_t kind = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
  }
  if (options.tiff_compression == TiffCompression::kDeflate) {
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    TIFFSetField(tiff, TIFFTAG_ZIPQUALITY, kDeflateLevel);
  } else {
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  }
}

Status WritePixels(TIFF* tiff, QuantisedRows& rows, int64_t strip_rows, const Sink& sink) {
  std::vector<std::byte> strip(static_cast<size_t>(strip_rows * rows.row_bytes()));
  for (uint32_t index = 0; rows.rows_left() > 0; ++index) {
    const int64_t count = std::min<int64_t>(strip_rows, rows.rows_left());
    for (int64_t y = 0; y < count; ++y) {
      RECOVER_RETURN_IF_ERROR(rows.ReadRow(strip.data() + y * rows.row_bytes()));
    }
    if (TIFFWriteEncodedStrip(tiff, index, strip.data(), count * rows.row_bytes()) < 0) {
      return {StatusCode::kIoError, "the TIFF could not be written: " + sink.message};
    }
  }
  return Status::Ok();
}

}  // namespace

Status EncodeTiff(QuantisedRows& rows, const Metadata& metadata, const EncodeOptions& options,
                  FileWriter& file) {
  Sink sink;
  sink.file = &file;
  const int64_t picture_bytes = rows.row_bytes() * rows.size().height;
  TiffPtr tiff = OpenTiff(sink, picture_bytes > kClassicTiffBytes);
  if (tiff == nullptr) {
    return {StatusCode::kIoError, "the TIFF could not be started: " + sink.message};
  }
  const int64_t strip_rows =
      std::clamp<int64_t>(kStripBytes / rows.row_bytes(), 1, rows.size().height);
  SetFields(tiff.get(), rows, options, strip_rows);
  if (Status status = WritePixels(tiff.get(), rows, strip_rows, sink); !status.ok()) {
    return status;
  }
  if (TIFFWriteDirectory(tiff.get()) == 0) {
    return {StatusCode::kIoError, "the TIFF could not be finished: " + sink.message};
  }
  tiff.reset();
  return AddTiffMetadata(metadata, file);
}

}  // namespace recover

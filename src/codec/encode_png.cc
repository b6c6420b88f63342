// PNG, streamed, never interlaced. Filter and compression are chosen for speed; see kFilters.

#include <png.h>
#include <zlib.h>

#include <array>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <string>
#include <vector>

#include "codec/encoders.h"
#include "codec/metadata_png.h"

namespace recover {
namespace {

// Run lengths only: photographs hold few longer repeats, and the search for them takes the time.
// Measured on four photographs (x86-64, one core, CPU time): 0.032 s per megapixel and 1.62 MB,
// against 0.050 s and 1.80 MB with Sub and level 1, and 0.081 s and 1.72 MB with Paeth and level 3.
// Screenshots and drawings pay for it: about four times the bytes of level 1.
constexpr int kFilters = PNG_FILTER_AVG;
constexpr int kCompressionLevel = 1;
constexpr int kStrategy = Z_RLE;

/// Only trivial locals live across its setjmp calls.
struct Encoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  FileWriter* file = nullptr;
  std::jmp_buf on_error = {};
  std::array<char, 200> message = {};

  explicit Encoder(FileWriter& target);
  ~Encoder() { png_destroy_write_struct(&png, &info); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  bool Start(Size size, int channels, int bits);
  bool WriteChunk(const char* type, const std::string& payload);
  bool WriteRow(const png_byte* row);
  bool Finish();
};

[[noreturn]] void OnError(png_structp png, png_const_charp text) {
  auto* encoder = static_cast<Encoder*>(png_get_error_ptr(png));
  std::strncpy(encoder->message.data(), text, encoder->message.size() - 1);
  std::longjmp(encoder->on_error, 1);
}

void OnWarning(png_structp /*png*/, png_const_charp /*text*/) {}

void OnWrite(png_structp png, png_bytep data, size_t count) {
  if (!static_cast<FileWriter*>(png_get_io_ptr(png))->Write(data, count)) {
    png_error(png, "the file could not be written");
  }
}

void OnFlush(png_structp /*png*/) {}

Encoder::Encoder(FileWriter& target) : file(&target) {
  if (setjmp(on_error) != 0) {  // NOLINT(cert-err52-cpp): libpng's way to report
    return;
  }
  png = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, OnError, OnWarning);
  info = png == nullptr ? nullptr : png_create_info_struct(png);
}

bool Encoder::Start(Size size, int channels, int bits) {
  static constexpr int kTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                   PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
  if (info == nullptr || setjmp(on_error) != 0) {  // NOLINT(cert-err52-cpp)
    return false;
  }
  png_set_write_fn(png, file, OnWrite, OnFlush);
  png_set_IHDR(png, info, static_cast<png_uint_32>(size.width),
               static_cast<png_uint_32>(size.height), bits, kTypes[channels - 1],
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, kFilters);
  png_set_compression_level(png, kCompressionLevel);
  png_set_compression_strategy(png, kStrategy);
  png_set_compression_buffer_size(png, 128 * 1024);
  png_write_info(png, info);
  if (bits == 16 && std::endian::native == std::endian::little) {
    png_set_swap(png);
  }
  return true;
}

bool Encoder::WriteChunk(const char* type, const std::string& payload) {
  if (setjmp(on_error) != 0) {  // NOLINT(cert-err52-cpp)
    return false;
  }
  png_write_chunk(png, reinterpret_cast<png_const_bytep>(type),
                  reinterpret_cast<png_const_bytep>(payload.data()), payload.size());
  return true;
}

bool Encoder::WriteRow(const png_byte* row) {
  if (setjmp(on_error) != 0) {  // NOLINT(cert-err52-cpp)
    return false;
  }
  png_write_row(png, row);
  return true;
}

bool Encoder::Finish() {
  if (setjmp(on_error) != 0) {  // NOLINT(cert-err52-cpp)
    return false;
  }
  png_write_end(png, nullptr);
  return true;
}

}  // namespace

Status EncodePng(QuantisedRows& rows, const Metadata& metadata, const EncodeOptions& /*options*/,
                 FileWriter& file) {
  Encoder encoder(file);
  const auto failed = [&] {
    return Status(StatusCode::kIoError,
                  std::string("the PNG could not be written: ") + encoder.message.data());
  };
  if (!encoder.Start(rows.size(), rows.channels(), rows.bits_per_sample())) {
    return failed();
  }
  // Chunks of our own making: libpng would refuse profiles that it finds odd.
  for (const PngChunk& chunk : PngMetadataChunks(metadata)) {
    if (!encoder.WriteChunk(chunk.type, chunk.payload)) {
      return failed();
    }
  }
  std::vector<png_byte> row(static_cast<size_t>(rows.row_bytes()));
  while (rows.rows_left() > 0) {
    RECOVER_RETURN_IF_ERROR(rows.ReadRow(row.data()));
    if (!encoder.WriteRow(row.data())) {
      return failed();
    }
  }
  return encoder.Finish() ? Status::Ok() : failed();
}

}  // namespace recover

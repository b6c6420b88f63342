// Baseline JPEG, streamed. Colour at full resolution (4:4:4): a restored picture has sharp colour
// edges, which halved chroma would soften again. Quality 92 by default: at full colour resolution
// its error stays under what is seen at 1:1, and higher ones mostly store noise. Huffman tables are
// the standard's: optimised ones need all coefficients in memory.

#include <array>
#include <cmath>
#include <csetjmp>
#include <string>
#include <utility>
#include <vector>

#include "codec/encoders.h"
#include "codec/libjpeg.h"
#include "codec/metadata_jpeg.h"

namespace recover {
namespace {

constexpr int kDefaultQuality = 92;
constexpr size_t kBufferBytes = 64 * 1024;

/// Only trivial locals live across its setjmp calls.
struct Encoder {
  jpeg_compress_struct info = {};
  jpeg_error_mgr errors = {};
  jpeg_destination_mgr output = {};
  std::jmp_buf on_error = {};
  FileWriter* file = nullptr;
  std::array<JOCTET, kBufferBytes> buffer = {};
  std::array<char, JMSG_LENGTH_MAX> message = {};

  explicit Encoder(FileWriter& target);
  ~Encoder() { jpeg_destroy_compress(&info); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  bool Start(Size size, int channels, int quality, double dpi_x, double dpi_y);
  bool WriteMarker(int marker, const std::string& payload);
  bool WriteRow(JSAMPLE* row);
  bool Finish();
};

Encoder* EncoderOf(j_compress_ptr info) { return static_cast<Encoder*>(info->client_data); }

[[noreturn]] void Fail(j_common_ptr info) {
  auto* encoder = static_cast<Encoder*>(info->client_data);
  (*info->err->format_message)(info, encoder->message.data());
  std::longjmp(encoder->on_error, 1);
}

void DropOutput(j_common_ptr /*info*/) {}

void InitOutput(j_compress_ptr info) {
  Encoder* encoder = EncoderOf(info);
  encoder->output.next_output_byte = encoder->buffer.data();
  encoder->output.free_in_buffer = kBufferBytes;
}

boolean EmptyBuffer(j_compress_ptr info) {
  Encoder* encoder = EncoderOf(info);
  if (!encoder->file->Write(encoder->buffer.data(), kBufferBytes)) {
    Fail(reinterpret_cast<j_common_ptr>(info));
  }
  InitOutput(info);
  return TRUE;
}

void EndOutput(j_compress_ptr info) {
  Encoder* encoder = EncoderOf(info);
  if (!encoder->file->Write(encoder->buffer.data(),
                            kBufferBytes - encoder->output.free_in_buffer)) {
    Fail(reinterpret_cast<j_common_ptr>(info));
  }
}

Encoder::Encoder(FileWriter& target) : file(&target) {
  info.err = jpeg_std_error(&errors);
  errors.error_exit = Fail;
  errors.output_message = DropOutput;
  info.client_data = this;
  if (setjmp(on_error) == 0) {  // NOLINT(cert-err52-cpp): libjpeg's way to report
    jpeg_create_compress(&info);
    info.client_data = this;
  }
  output.init_destination = InitOutput;
  output.empty_output_buffer = EmptyBuffer;
  output.term_destination = EndOutput;
  info.dest = &output;
}

bool Encoder::Start(Size size, int channels, int quality, double dpi_x, double dpi_y) {
  if (setjmp(on_error) != 0) {  // NOLINT(cert-err52-cpp)
    return false;
  }
  info.image_width = static_cast<JDIMENSION>(size.width);
  info.image_height = static_cast<JDIMENSION>(size.height);
  info.input_components = channels;
  info.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  for (int c = 0; c < info.num_components; ++c) {
    info.comp_info[c].h_samp_factor = 1;
    info.comp_info[c].v_samp_factor = 1;
  }
  if (dpi_x >= 0.5 && dpi_y >= 0.5 && dpi_x < 65535 && dpi_y < 65535) {
    info.density_unit = 1;  // per inch
    info.X_density = static_cast<UINT16>(std::lround(dpi_x));
    info.Y_density = static_cast<UINT16>(std::lround(dpi_y));
  }
  jpeg_start_compress(&info, TRUE);
  return true;
}

bool Encoder::WriteMarker(int marker, const std::string& payload) {
  if (setjmp(on_error) != 0) {  // NOLINT(cert-err52-cpp)
    return false;
  }
  jpeg_write_marker(&info, marker, reinterpret_cast<const JOCTET*>(payload.data()),
                    static_cast<unsigned>(payload.size()));
  return true;
}

bool Encoder::WriteRow(JSAMPLE* row) {
  if (setjmp(on_error) != 0) {  // NOLINT(cert-err52-cpp)
    return false;
  }
  jpeg_write_scanlines(&info, &row, 1);
  return true;
}

bool Encoder::Finish() {
  if (setjmp(on_error) != 0) {  // NOLINT(cert-err52-cpp)
    return false;
  }
  jpeg_finish_compress(&info);
  return true;
}

}  // namespace

Status EncodeJpeg(QuantisedRows& rows, const Metadata& metadata, const EncodeOptions& options,
                  FileWriter& file) {
  const auto encoder = std::make_unique<Encoder>(file);
  const auto failed = [&] {
    return Status(StatusCode::kIoError,
                  std::string("the JPEG could not be written: ") + encoder->message.data());
  };
  const int quality = options.quality == 0 ? kDefaultQuality : options.quality;
  if (!encoder->Start(rows.size(), rows.channels(), quality, metadata.dpi_x, metadata.dpi_y)) {
    return failed();
  }
  for (const JpegSegment& segment : JpegMetadataSegments(metadata)) {
    if (!encoder->WriteMarker(segment.marker, segment.payload)) {
      return failed();
    }
  }
  std::vector<JSAMPLE> row(static_cast<size_t>(rows.row_bytes()));
  while (rows.rows_left() > 0) {
    RECOVER_RETURN_IF_ERROR(rows.ReadRow(row.data()));
    if (!encoder->WriteRow(row.data())) {
      return failed();
    }
  }
  return encoder->Finish() ? Status::Ok() : failed();
}

}  // namespace recover

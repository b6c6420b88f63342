#include "codec/decode_jpeg.h"

#include <array>
#include <csetjmp>
#include <string>
#include <utility>

#include "codec/libjpeg.h"

namespace recover {
namespace {

constexpr size_t kBufferBytes = 64 * 1024;
// A progressive picture has some ten scans; thousands are a way to make a small file cost hours.
constexpr int kMaxScans = 500;

/// Warnings that leave every block as it was stored; all others mean lost data.
bool IsHarmless(int message_code) {
  return message_code == JWRN_EXTRANEOUS_DATA || message_code == JWRN_JFIF_MAJOR ||
         message_code == JWRN_ADOBE_XFORM || message_code == JWRN_BOGUS_PROGRESSION ||
         message_code == JWRN_TOO_MUCH_DATA;
}

bool IsUnsupported(int message_code) {
  return message_code == JERR_BAD_PRECISION || message_code == JERR_SOF_UNSUPPORTED ||
         message_code == JERR_ARITH_NOTIMPL || message_code == JERR_CONVERSION_NOTIMPL ||
         message_code == JERR_COMPONENT_COUNT;
}

/// Everything libjpeg's callbacks need. No member may be reached by a longjmp over its
/// constructor: the functions that call setjmp have only trivial locals.
struct Decoder {
  jpeg_decompress_struct info = {};
  jpeg_error_mgr errors = {};
  jpeg_source_mgr input = {};
  jpeg_progress_mgr progress = {};
  std::jmp_buf on_error = {};
  std::shared_ptr<const ByteSource> shared;  // keeps `source` alive for rows; null for a header
  const ByteSource* source = nullptr;
  int64_t offset = 0;
  std::array<JOCTET, kBufferBytes> buffer = {};
  std::array<char, JMSG_LENGTH_MAX> message = {};
  StatusCode code = StatusCode::kCorruptInput;

  explicit Decoder(const ByteSource& bytes);
  ~Decoder() { jpeg_destroy_decompress(&info); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  Status Error() const {
    if (code == StatusCode::kUnsupportedFormat) {
      return {code, std::string("is a kind of JPEG that is not read here (") + message.data() +
                        "); convert it to PNG or TIFF first"};
    }
    return {code, std::string("is damaged or cut short (") + message.data() + ")"};
  }
  bool ReadHeader();
  bool Start();
  bool ReadRow(JSAMPLE* row);
};

Decoder* DecoderOf(j_common_ptr info) { return static_cast<Decoder*>(info->client_data); }
Decoder* DecoderOf(j_decompress_ptr info) { return static_cast<Decoder*>(info->client_data); }

[[noreturn]] void Fail(j_common_ptr info) {
  Decoder* decoder = DecoderOf(info);
  (*info->err->format_message)(info, decoder->message.data());
  decoder->code = IsUnsupported(info->err->msg_code) ? StatusCode::kUnsupportedFormat
                                                     : StatusCode::kCorruptInput;
  std::longjmp(decoder->on_error, 1);
}

void OnMessage(j_common_ptr info, int level) {
  if (level < 0 && !IsHarmless(info->err->msg_code)) {
    Fail(info);
  }
}

void DropOutput(j_common_ptr /*info*/) {}

void OnProgress(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans) {
    info->err->msg_code = JERR_NOTIMPL;
    Decoder* decoder = DecoderOf(info);
    std::snprintf(decoder->message.data(), decoder->message.size(), "more than %d scans",
                  kMaxScans);
    std::longjmp(decoder->on_error, 1);
  }
}

void InitSource(j_decompress_ptr /*info*/) {}

boolean FillBuffer(j_decompress_ptr info) {
  Decoder* decoder = DecoderOf(info);
  size_t got = 0;
  {
    const Result<size_t> read =
        decoder->source->ReadAt(decoder->offset, decoder->buffer.data(), kBufferBytes);
    got = read.has_value() ? *read : 0;
  }
  if (got == 0) {
    ERREXIT(info, JERR_INPUT_EOF);
  }
  decoder->offset += static_cast<int64_t>(got);
  decoder->input.next_input_byte = decoder->buffer.data();
  decoder->input.bytes_in_buffer = got;
  return TRUE;
}

void SkipInput(j_decompress_ptr info, long count) {  // NOLINT(google-runtime-int): libjpeg's type
  Decoder* decoder = DecoderOf(info);
  if (count <= 0) {
    return;
  }
  const auto wanted = static_cast<size_t>(count);
  if (wanted <= decoder->input.bytes_in_buffer) {
    decoder->input.next_input_byte += wanted;
    decoder->input.bytes_in_buffer -= wanted;
    return;
  }
  decoder->offset += static_cast<int64_t>(wanted - decoder->input.bytes_in_buffer);
  decoder->input.bytes_in_buffer = 0;
}

void EndSource(j_decompress_ptr /*info*/) {}

Decoder::Decoder(const ByteSource& bytes) : source(&bytes) {
  info.err = jpeg_std_error(&errors);
  errors.error_exit = Fail;
  errors.emit_message = OnMessage;
  errors.output_message = DropOutput;
  info.client_data = this;
  if (setjmp(on_error) == 0) {  // NOLINT(cert-err52-cpp): libjpeg's way to report
    jpeg_create_decompress(&info);
    info.client_data = this;
  }
  progress.progress_monitor = OnProgress;
  info.progress = &progress;
  input.init_source = InitSource;
  input.fill_input_buffer = FillBuffer;
  input.skip_input_data = SkipInput;
  input.resync_to_restart = jpeg_resync_to_restart;
  input.term_source = EndSource;
  info.src = &input;
}

bool Decoder::ReadHeader() {
  if (setjmp(on_error) != 0) {  // NOLINT(cert-err52-cpp)
    return false;
  }
  jpeg_read_header(&info, TRUE);
  switch (info.jpeg_color_space) {
    case JCS_GRAYSCALE:
      info.out_color_space = JCS_GRAYSCALE;
      break;
    case JCS_CMYK:
    case JCS_YCCK:
      info.out_color_space = JCS_CMYK;
      break;
    default:
      if (info.num_components != 3) {
        ERREXIT(&info, JERR_CONVERSION_NOTIMPL);
      }
      info.out_color_space = JCS_RGB;
  }
  return true;
}

bool Decoder::Start() {
  if (setjmp(on_error) != 0) {  // NOLINT(cert-err52-cpp)
    return false;
  }
  jpeg_start_decompress(&info);
  return true;
}

bool Decoder::ReadRow(JSAMPLE* row) {
  if (setjmp(on_error) != 0) {  // NOLINT(cert-err52-cpp)
    return false;
  }
  jpeg_read_scanlines(&info, &row, 1);
  if (info.output_scanline == info.output_height) {
    // Reads to the end marker, so that a file cut in its last bytes is seen.
    jpeg_finish_decompress(&info);
  }
  return true;
}

JpegHeader Describe(Decoder& decoder) {
  const jpeg_decompress_struct& info = decoder.info;
  JpegHeader header;
  header.layout.size = {static_cast<int>(info.image_width), static_cast<int>(info.image_height)};
  header.layout.type = SampleType::kUint8;
  header.layout.model = info.out_color_space == JCS_GRAYSCALE ? ColourModel::kGrey
                        : info.out_color_space == JCS_CMYK    ? ColourModel::kCmyk
                                                              : ColourModel::kRgb;
  header.is_progressive = info.progressive_mode != 0;
  if (jpeg_has_multiple_scans(&decoder.info) != 0) {
    for (int c = 0; c < info.num_components; ++c) {
      const jpeg_component_info& part = info.comp_info[c];
      const auto blocks_of = [](int64_t side_px, int factor, int max_factor) {
        return (side_px * factor + int64_t{8} * max_factor - 1) / (int64_t{8} * max_factor);
      };
      header.coefficient_bytes +=
          blocks_of(info.image_width, part.h_samp_factor, info.max_h_samp_factor) *
          blocks_of(info.image_height, part.v_samp_factor, info.max_v_samp_factor) *
          int64_t{DCTSIZE2} * static_cast<int64_t>(sizeof(JCOEF));
    }
  }
  return header;
}

class JpegRows : public SampleRows {
 public:
  JpegRows(std::unique_ptr<Decoder> decoder, SampleLayout layout)
      : decoder_(std::move(decoder)),
        layout_(layout),
        // Adobe's applications store CMYK inverted and say so by their marker.
        invert_(layout.model == ColourModel::kCmyk && decoder_->info.saw_Adobe_marker != 0) {}

  const SampleLayout& layout() const override { return layout_; }

  Status Read(std::byte* out, int rows) override {
    for (int y = 0; y < rows; ++y) {
      auto* row = reinterpret_cast<JSAMPLE*>(out + y * layout_.row_bytes());
      if (!decoder_->ReadRow(row)) {
        return decoder_->Error();
      }
      for (int64_t i = 0; invert_ && i < layout_.row_bytes(); ++i) {
        row[i] = static_cast<JSAMPLE>(255 - row[i]);
      }
    }
    return Status::Ok();
  }

 private:
  std::unique_ptr<Decoder> decoder_;
  SampleLayout layout_;
  bool invert_;
};

}  // namespace

Result<JpegHeader> ReadJpegHeader(const ByteSource& source) {
  const auto decoder = std::make_unique<Decoder>(source);
  if (!decoder->ReadHeader()) {
    return decoder->Error();
  }
  return Describe(*decoder);
}

Result<std::unique_ptr<SampleRows>> OpenJpegRows(std::shared_ptr<const ByteSource> source) {
  auto decoder = std::make_unique<Decoder>(*source);
  decoder->shared = std::move(source);
  if (!decoder->ReadHeader()) {
    return decoder->Error();
  }
  const SampleLayout layout = Describe(*decoder).layout;
  if (!decoder->Start()) {
    return decoder->Error();
  }
  return std::unique_ptr<SampleRows>(std::make_unique<JpegRows>(std::move(decoder), layout));
}

}  // namespace recover

#include "codec/compress.h"

#include <zlib.h>

#include <array>
#include <memory>

#include <brotli/decode.h>

namespace recover {
namespace {
constexpr size_t kStepBytes = 64 * 1024;
}

std::string Inflate(std::string_view compressed) {
  z_stream stream = {};
  if (inflateInit(&stream) != Z_OK) {
    return {};
  }
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));  // zlib reads it only
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string bytes;
  std::array<char, kStepBytes> step;
  int result = Z_OK;
  while (result == Z_OK && bytes.size() <= kMaxMetadataBytes) {
    stream.next_out = reinterpret_cast<Bytef*>(step.data());
    stream.avail_out = kStepBytes;
    result = inflate(&stream, Z_NO_FLUSH);
    bytes.append(step.data(), kStepBytes - stream.avail_out);
  }
  inflateEnd(&stream);
  return result == Z_STREAM_END ? bytes : std::string();
}

std::string Deflate(std::string_view bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string compressed(size, '\0');
  compress2(reinterpret_cast<Bytef*>(compressed.data()), &size,
            reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()),
            Z_DEFAULT_COMPRESSION);
  compressed.resize(size);
  return compressed;
}

std::string BrotliInflate(std::string_view compressed) {
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  size_t in_left = compressed.size();
  const auto* in = reinterpret_cast<const uint8_t*>(compressed.data());
  std::string bytes;
  std::array<uint8_t, kStepBytes> step;
  BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && bytes.size() <= kMaxMetadataBytes) {
    size_t out_left = kStepBytes;
    uint8_t* out = step.data();
    result = BrotliDecoderDecompressStream(state.get(), &in_left, &in, &out_left, &out, nullptr);
    bytes.append(reinterpret_cast<char*>(step.data()), kStepBytes - out_left);
  }
  return result == BROTLI_DECODER_RESULT_SUCCESS ? bytes : std::string();
}

}  // namespace recover

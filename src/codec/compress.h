// zlib and Brotli streams inside metadata, with a limit on what they may grow to.
#pragma once

#include <string>
#include <string_view>

namespace recover {

/// No metadata block is larger; a stream that grows beyond is dropped.
inline constexpr size_t kMaxMetadataBytes = size_t{64} << 20;

/// The content of a zlib stream; empty if damaged or over the limit.
std::string Inflate(std::string_view compressed);
/// A zlib stream.
std::string Deflate(std::string_view bytes);
/// The content of a Brotli stream; empty if damaged or over the limit.
std::string BrotliInflate(std::string_view compressed);

}  // namespace recover

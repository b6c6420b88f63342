// The parts a picture file is made of: ISO boxes (HEIC, AVIF, the JPEG XL container), JPEG
// segments, PNG and RIFF chunks: walked without trusting any length.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "codec/byte_source.h"

namespace recover {

/// One box, chunk or segment: its four-letter (JPEG: one-byte) type and where its payload lies.
struct Chunk {
  std::string type;
  int64_t offset = 0;
  int64_t size = 0;  // of the payload, cut to the source's end
  bool is_whole = true;
};

/// Called for each in file order; returns false to stop the walk.
using ChunkVisitor = std::function<bool(const Chunk&)>;

/// Boxes in [begin, end) of the source. Stops at the first whose length makes no sense.
void WalkIsoBoxes(const ByteSource& source, int64_t begin, int64_t end, const ChunkVisitor& visit);

/// PNG chunks after the signature.
void WalkPngChunks(const ByteSource& source, const ChunkVisitor& visit);

/// The chunks inside RIFF....WEBP.
void WalkRiffChunks(const ByteSource& source, const ChunkVisitor& visit);

/// JPEG segments from SOI up to and with the first SOS; type is the marker's second byte.
void WalkJpegSegments(const ByteSource& source, const ChunkVisitor& visit);

}  // namespace recover

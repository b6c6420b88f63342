#include "codec/chunks.h"

#include <algorithm>

#include "codec/byte_order.h"

namespace recover {
namespace {

constexpr int kMaxChunks = 1 << 24;

Chunk MakeChunk(std::string type, int64_t offset, int64_t size, int64_t end) {
  Chunk chunk{std::move(type), offset, std::min(size, end - offset), true};
  chunk.is_whole = chunk.size == size;
  return chunk;
}

}  // namespace

void WalkIsoBoxes(const ByteSource& source, int64_t begin, int64_t end, const ChunkVisitor& visit) {
  int64_t at = begin;
  for (int i = 0; i < kMaxChunks && end - at >= 8; ++i) {
    const std::string head = source.ReadUpTo(at, 16);
    if (head.size() < 8) {
      return;
    }
    uint64_t size = LoadBe32(head, 0);
    int64_t head_size = 8;
    if (size == 1 && head.size() == 16) {
      size = LoadUint(head, 8, 8, true);
      head_size = 16;
    } else if (size == 0) {
      size = static_cast<uint64_t>(end - at);
    }
    if (size < static_cast<uint64_t>(head_size) || size > uint64_t{1} << 62) {
      return;
    }
    const Chunk chunk =
        MakeChunk(head.substr(4, 4), at + head_size, static_cast<int64_t>(size) - head_size, end);
    if (!visit(chunk) || !chunk.is_whole) {
      return;
    }
    at += static_cast<int64_t>(size);
  }
}

void WalkPngChunks(const ByteSource& source, const ChunkVisitor& visit) {
  int64_t at = 8;
  for (int i = 0; i < kMaxChunks; ++i) {
    const std::string head = source.ReadExactly(at, 8);
    if (head.empty()) {
      return;
    }
    const Chunk chunk = MakeChunk(head.substr(4, 4), at + 8, LoadBe32(head, 0), source.size());
    if (!visit(chunk) || !chunk.is_whole || chunk.type == "IEND") {
      return;
    }
    at += 12 + chunk.size;
  }
}

void WalkRiffChunks(const ByteSource& source, const ChunkVisitor& visit) {
  int64_t at = 12;
  for (int i = 0; i < kMaxChunks; ++i) {
    const std::string head = source.ReadExactly(at, 8);
    if (head.empty()) {
      return;
    }
    const Chunk chunk = MakeChunk(head.substr(0, 4), at + 8, LoadLe32(head, 4), source.size());
    if (!visit(chunk) || !chunk.is_whole) {
      return;
    }
    at += 8 + chunk.size + (chunk.size & 1);
  }
}

void WalkJpegSegments(const ByteSource& source, const ChunkVisitor& visit) {
  int64_t at = 2;
  for (int i = 0; i < kMaxChunks; ++i) {
    const std::string head = source.ReadUpTo(at, 4);
    if (head.size() < 2 || head[0] != '\xFF') {
      return;
    }
    const auto marker = static_cast<uint8_t>(head[1]);
    if (marker == 0xFF) {  // fill byte
      at += 1;
      continue;
    }
    if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {  // no payload
      at += 2;
      continue;
    }
    if (head.size() < 4 || LoadBe16(head, 2) < 2 || marker == 0xD9) {
      return;
    }
    const Chunk chunk =
        MakeChunk(std::string(1, head[1]), at + 4, LoadBe16(head, 2) - 2, source.size());
    if (!visit(chunk) || !chunk.is_whole || marker == 0xDA) {
      return;
    }
    at += 4 + chunk.size;
  }
}

}  // namespace recover

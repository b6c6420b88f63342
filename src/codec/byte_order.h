// Integers in big-endian and little-endian bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace recover {

/// The unsigned integer in bytes[at .. at + count); the caller has checked the bounds.
inline uint64_t LoadUint(std::string_view bytes, size_t at, int count, bool big_endian) {
  uint64_t value = 0;
  for (int i = 0; i < count; ++i) {
    const size_t from =
        big_endian ? at + static_cast<size_t>(i) : at + static_cast<size_t>(count - 1 - i);
    value = value << 8 | static_cast<uint8_t>(bytes[from]);
  }
  return value;
}

inline uint32_t LoadBe16(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(LoadUint(bytes, at, 2, true));
}
inline uint32_t LoadBe32(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(LoadUint(bytes, at, 4, true));
}
inline uint32_t LoadLe16(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(LoadUint(bytes, at, 2, false));
}
inline uint32_t LoadLe32(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(LoadUint(bytes, at, 4, false));
}

/// Overwrites bytes[at .. at + count) with the low bytes of `value`.
inline void StoreUint(std::string& bytes, size_t at, int count, bool big_endian, uint64_t value) {
  for (int i = 0; i < count; ++i) {
    const size_t to =
        big_endian ? at + static_cast<size_t>(count - 1 - i) : at + static_cast<size_t>(i);
    bytes[to] = static_cast<char>(value >> (8 * i));
  }
}

inline void AppendUint(std::string& bytes, int count, bool big_endian, uint64_t value) {
  const size_t at = bytes.size();
  bytes.resize(at + static_cast<size_t>(count));
  StoreUint(bytes, at, count, big_endian, value);
}

inline void AppendBe16(std::string& bytes, uint32_t value) { AppendUint(bytes, 2, true, value); }
inline void AppendBe32(std::string& bytes, uint32_t value) { AppendUint(bytes, 4, true, value); }
inline void AppendLe32(std::string& bytes, uint32_t value) { AppendUint(bytes, 4, false, value); }

}  // namespace recover

// The Range header (RFC 9110, section 14) over a file of known size.
#pragma once

#include <cstdint>
#include <string_view>

namespace recover {

struct ByteRange {
  enum class Kind {
    kWhole,          ///< No range asked for, or one that is not understood: answer 200.
    kPart,           ///< Answer 206 with offset and length.
    kUnsatisfiable,  ///< Answer 416.
  };
  Kind kind = Kind::kWhole;
  int64_t offset = 0;
  int64_t length = 0;
};

/// `header`: the value of Range, empty when there is none. One range is served: a list of
/// several gives the whole file, as RFC 9110 allows.
ByteRange ParseRange(std::string_view header, int64_t size);

}  // namespace recover

// A decoder's own samples as a stream of rows, before colour and orientation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/status.h"
#include "image/image.h"

namespace recover {

enum class SampleType { kUint8, kUint16, kFloat };

/// What the colour channels mean. kCmyk: 0 = no ink. kLab: float, L 0..100, a and b
/// about -128..127, D50. Integers of the others span their type; floats are nominally 0..1.
enum class ColourModel { kGrey, kRgb, kCmyk, kLab };

/// The shape of a picture's samples: HWC, rows packed tightly.
struct SampleLayout {
  Size size;
  SampleType type = SampleType::kUint8;
  ColourModel model = ColourModel::kRgb;
  bool has_alpha = false;  ///< There is one more channel, the last.

  int colour_channels() const {
    return model == ColourModel::kGrey ? 1 : model == ColourModel::kCmyk ? 4 : 3;
  }
  int channels() const { return colour_channels() + (has_alpha ? 1 : 0); }
  int sample_bytes() const {
    return type == SampleType::kUint8 ? 1 : type == SampleType::kUint16 ? 2 : 4;
  }
  int64_t pixel_bytes() const { return int64_t{channels()} * sample_bytes(); }
  int64_t row_bytes() const { return pixel_bytes() * size.width; }
};

/// Samples from top to bottom, each row once. Not thread-safe, but not bound to a thread.
class SampleRows {
 public:
  virtual ~SampleRows() = default;
  virtual const SampleLayout& layout() const = 0;

  /// Writes the next `rows` rows, layout().row_bytes() each; no more than are left.
  /// After an error the source is spent.
  virtual Status Read(std::byte* out, int rows) = 0;
};

}  // namespace recover

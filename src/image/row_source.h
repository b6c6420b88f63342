// RowSource: a picture that is pulled from top to bottom, a few rows at a time.
// Decoder, resampler, network and encoder are chained through it, so that memory
// does not grow with the picture.
#pragma once

#include "base/status.h"
#include "image/image.h"

namespace recover {

/// A picture as a stream of rows. Each row can be read once, in order.
/// Not thread-safe: one reader at a time.
class RowSource {
 public:
  virtual ~RowSource() = default;

  /// Size in pixels of the whole picture.
  virtual Size size() const = 0;

  /// 1 = grey, 2 = grey+alpha, 3 = RGB, 4 = RGBA (straight alpha); sRGB-encoded
  /// float, nominally in [0, 1].
  virtual int channels() const = 0;

  /// Fills `rows` with the next rows.height() rows. rows.width() and channels()
  /// equal this source's, and no more rows are asked for than are left.
  /// Errors: whatever the source met; after an error the source is spent.
  virtual Status Read(MutableImageView rows) = 0;
};

}  // namespace recover

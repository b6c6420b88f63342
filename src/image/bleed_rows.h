// Colour for transparent pixels, taken from the opaque ones around them.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "base/run_context.h"
#include "image/row_source.h"

namespace recover {

/// The colours of a picture's opaque parts, smoothed and spread over its
/// transparent ones: a grid of at most 1024 x 1024 cells, filled by push and pull
/// (Gortler et al. 1996, "The Lumigraph", section 3.4). Moves. Immutable once
/// built, so thread-safe.
class BleedMap {
 public:
  /// Reads all of `rows` (2 or 4 channels) once. Looks at the stop token every few
  /// rows; reports no progress. Errors: the source's, kCancelled.
  /// Memory: MemoryBytes(). O(pixels).
  static Result<BleedMap> Build(RowSource& rows, const RunContext& context);

  /// True when no pixel is transparent, or all are: then there is nothing to do.
  bool is_idle() const { return cells_.empty(); }
  int colour_channels() const { return colours_; }

  /// Writes the colours along row y: colour_channels() per pixel, `width` pixels.
  void Row(int y, int width, float* colours) const;

  /// The most that building one holds, cells and row buffers together.
  static int64_t MemoryBytes(Size picture, int channels);

 private:
  BleedMap() = default;

  int colours_ = 0;
  int cell_px_ = 1;
  Size grid_;
  std::vector<float> cells_;  ///< Row by row, colours_ per cell; empty = idle.
};

/// Gives transparent pixels the map's colour, so that filters and networks find no
/// foreign colour (often black) under the edge. Colours at alpha >= 1/16 stay as
/// they are, below that they fade into the map's. Alpha is untouched.
class BleedRows final : public RowSource {
 public:
  /// `map` was built from the same picture.
  BleedRows(std::unique_ptr<RowSource> source, BleedMap map);

  Size size() const override { return source_->size(); }
  int channels() const override { return source_->channels(); }
  Status Read(MutableImageView rows) override;

 private:
  std::unique_ptr<RowSource> source_;
  BleedMap map_;
  int next_row_ = 0;
  std::vector<float> colours_;  ///< One row of the map.
};

}  // namespace recover

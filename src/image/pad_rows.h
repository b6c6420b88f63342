// A picture set into a larger frame (letterbox).
#pragma once

#include <memory>

#include "image/row_source.h"

namespace recover {

enum class PadFill {
  kBlack,        ///< Black, opaque where the picture has alpha.
  kTransparent,  ///< Transparent black; a picture without alpha gains one.
};

/// Puts the source at `place` (its own size) inside `frame` and fills the rest.
/// The place must lie inside the frame. Memory: one row.
class PadRows final : public RowSource {
 public:
  PadRows(std::unique_ptr<RowSource> source, Size frame, int place_x, int place_y, PadFill fill);

  Size size() const override { return frame_; }
  int channels() const override { return channels_; }
  Status Read(MutableImageView rows) override;

 private:
  Status ReadInside(MutableImageView rows);

  std::unique_ptr<RowSource> source_;
  Size frame_;
  Rect place_;
  int channels_;
  float border_alpha_;
  int next_row_ = 0;
  Image row_;  ///< One source row, where an alpha has to be added.
};

/// The largest size of `source`'s shape that fits into `frame`, at least 1x1, and
/// where it sits centred: what letterboxing resamples to.
Rect FitInside(Size source, Size frame);

}  // namespace recover

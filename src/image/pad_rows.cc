#include "image/pad_rows.h"

#include <algorithm>
#include <cmath>

#include "image/colour.h"

namespace recover {
namespace {

void FillBorder(float* samples, ptrdiff_t pixels, int channels, float alpha) {
  const int colours = ColourChannels(channels);
  for (ptrdiff_t i = 0; i < pixels; ++i) {
    std::fill_n(samples + i * channels, colours, 0.0F);
    if (HasAlpha(channels)) {
      samples[i * channels + colours] = alpha;
    }
  }
}

}  // namespace

PadRows::PadRows(std::unique_ptr<RowSource> source, Size frame, int place_x, int place_y,
                 PadFill fill)
    : source_(std::move(source)),
      frame_(frame),
      place_{place_x, place_y, source_->size().width, source_->size().height},
      channels_(source_->channels()),
      border_alpha_(fill == PadFill::kTransparent ? 0.0F : 1.0F) {
  RECOVER_CHECK(place_.x >= 0 && place_.y >= 0 && place_.right() <= frame.width &&
                place_.bottom() <= frame.height);
  if (fill == PadFill::kTransparent && !HasAlpha(channels_)) {
    row_ = Image({place_.width, 1}, channels_);
    ++channels_;
  }
}

Status PadRows::ReadInside(MutableImageView rows) {
  if (row_.width() == 0) {
    return source_->Read(rows);
  }
  for (int y = 0; y < rows.height(); ++y) {
    RECOVER_RETURN_IF_ERROR(source_->Read(row_.view()));
    for (int x = 0; x < rows.width(); ++x) {
      const float* from = row_.view().pixel(x, 0);
      float* to = rows.pixel(x, y);
      std::copy(from, from + row_.channels(), to);
      to[row_.channels()] = 1.0F;
    }
  }
  return Status::Ok();
}

Status PadRows::Read(MutableImageView rows) {
  RECOVER_CHECK(rows.width() == frame_.width && rows.channels() == channels_);
  RECOVER_CHECK(rows.height() <= frame_.height - next_row_);
  const int inside_begin = std::clamp(place_.y - next_row_, 0, rows.height());
  const int inside_end = std::clamp(place_.bottom() - next_row_, inside_begin, rows.height());
  for (int y = 0; y < rows.height(); ++y) {
    if (y < inside_begin || y >= inside_end) {
      FillBorder(rows.row(y), frame_.width, channels_, border_alpha_);
    } else {
      FillBorder(rows.row(y), place_.x, channels_, border_alpha_);
      FillBorder(rows.pixel(place_.right(), y), frame_.width - place_.right(), channels_,
                 border_alpha_);
    }
  }
  next_row_ += rows.height();
  if (inside_begin == inside_end) {
    return Status::Ok();
  }
  return ReadInside(rows.Crop({place_.x, inside_begin, place_.width, inside_end - inside_begin}));
}

Rect FitInside(Size source, Size frame) {
  RECOVER_CHECK(source.area() > 0 && frame.area() > 0);
  const double factor = std::min(static_cast<double>(frame.width) / source.width,
                                 static_cast<double>(frame.height) / source.height);
  const int width =
      std::clamp(static_cast<int>(std::lround(source.width * factor)), 1, frame.width);
  const int height =
      std::clamp(static_cast<int>(std::lround(source.height * factor)), 1, frame.height);
  return {(frame.width - width) / 2, (frame.height - height) / 2, width, height};
}

}  // namespace recover

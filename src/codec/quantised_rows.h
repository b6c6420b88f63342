// Working rows -> the integers that go into a file.
#pragma once

#include <memory>
#include <vector>

#include "base/status.h"
#include "codec/colour_profile.h"
#include "image/row_source.h"

namespace recover {

/// 8- or 16-bit samples of a RowSource, in the machine's byte order, packed HWC: clamped, rounded
/// to nearest, not-a-number is 0. Not thread-safe.
class QuantisedRows {
 public:
  /// `rows` must outlive it. `converter` may be null. bits_per_sample: 8 or 16.
  /// flatten_alpha: lays the picture over white, which drops the alpha channel.
  QuantisedRows(RowSource& rows, std::unique_ptr<ColourConverter> converter, int bits_per_sample,
                bool flatten_alpha);

  Size size() const { return rows_->size(); }
  int channels() const { return channels_; }
  bool has_alpha() const { return channels_ == 2 || channels_ == 4; }
  int bits_per_sample() const { return bits_per_sample_; }
  int64_t row_bytes() const { return int64_t{size().width} * channels_ * (bits_per_sample_ / 8); }
  int rows_left() const { return size().height - next_row_; }

  /// The next row, row_bytes() long. Errors: of the source, unchanged.
  Status ReadRow(void* out);

 private:
  Status Refill();
  void Flatten(float* row) const;

  RowSource* rows_;
  std::unique_ptr<ColourConverter> converter_;
  int bits_per_sample_;
  bool flatten_alpha_;
  int channels_;
  int next_row_ = 0;
  std::vector<float> strip_;  // rows pulled from the source at once
  int strip_begin_ = 0;
  int strip_rows_ = 0;
};

}  // namespace recover

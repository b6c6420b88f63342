// Lanczos3 resampling of a stream of rows to an exact size.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/parallel.h"
#include "image/lanczos.h"
#include "image/row_source.h"

namespace recover {

/// A rectangle with fractional edges, in pixels.
struct RectF {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/// The largest rectangle of `target`'s shape centred in `source`: what
/// crop-to-fill keeps.
RectF CropToFill(Size source, Size target);

struct ResampleOptions {
  /// The exact size that comes out; each side >= 1.
  Size size;
  /// The part of the source that is mapped onto it; all of it when the width is 0.
  RectF crop = {};
  /// Clamps the result to [0, 1]: for sources that hold no values outside it, so
  /// that the filter's overshoot does not pass for a wide-gamut colour.
  bool clamp_unit = false;
};

/// Resamples rows as PIL's LANCZOS does on float pixels (to 1e-5), any factor up
/// or down; a source that already has the size comes through untouched.
/// Channels are filtered alike: bleed the colour under alpha first (bleed_rows.h).
/// Memory: MemoryBytes(). The same bytes for any thread count and any heights read.
class ResampleRows final : public RowSource {
 public:
  /// pool: borrowed, may be null (then one thread works); outlives this.
  ResampleRows(std::unique_ptr<RowSource> source, const ResampleOptions& options, ThreadPool* pool);

  Size size() const override { return options_.size; }
  int channels() const override { return source_->channels(); }
  Status Read(MutableImageView rows) override;

  /// What an object of these settings holds at most.
  static int64_t MemoryBytes(Size source, int channels, const ResampleOptions& options);

 private:
  bool is_pass_through() const { return ring_rows_ == 0; }
  float* RingRow(int input_y);
  Status PullInput(int end);
  Status SkipInput(int end);
  void FilterRow(int output_y, float* out);

  std::unique_ptr<RowSource> source_;
  ResampleOptions options_;
  ThreadPool* pool_;
  FilterTaps across_;
  std::vector<float> across_weights_;  ///< Those of across_, once per channel.
  FilterTaps down_;
  int chunk_rows_ = 0;  ///< Output rows made from one fill of the ring.
  int ring_rows_ = 0;   ///< 0 = pass-through.
  int next_input_ = 0;
  int next_output_ = 0;
  Image staging_;            ///< Input rows as they come.
  std::vector<float> ring_;  ///< Rows filtered across, by input row modulo ring_rows_.
};

}  // namespace recover

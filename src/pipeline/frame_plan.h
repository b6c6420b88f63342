// The size of the output and where the picture stands in it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "image/image.h"
#include "image/resample_rows.h"

namespace recover {

/// What was asked for. All sizes are after EXIF orientation.
struct SizeRequest {
  std::optional<double> scale = {};  ///< Factor on both sides; excludes width and height.
  std::optional<int> width = {};     ///< Output pixels.
  std::optional<int> height = {};    ///< Output pixels.
  bool crop_to_fill = false;         ///< With both sides given: cut rather than add borders.
};

/// Limits that are checked from sizes alone, before a pixel is decoded.
struct PixelLimits {
  int64_t max_input_pixels = 384'000'000;
  int64_t max_output_pixels = 384'000'000;
  int max_side_px = 32000;  ///< Of the output.
};

/// How the input becomes the output: the part `crop` of it is resampled to
/// `picture`, restored, and laid at (left, top) into `output`.
struct FramePlan {
  Size input = {};
  RectF crop = {};  ///< In input pixels; width 0 = all of it.
  Size picture = {};
  int left = 0;
  int top = 0;
  Size output = {};

  bool has_crop() const { return crop.width > 0; }
  bool has_border() const { return output != picture; }
  /// Geometric mean of the factors of both axes.
  double scale() const;
};

/// Both sides: exactly that box, letterboxed or cropped in the middle where the
/// aspect differs. One side: the other follows the aspect, rounded half up, at
/// least 1. Neither: the scale, rounded half up, at least 1; without one, the
/// input's size.
/// Errors: kInvalidArgument for an empty input or a contradictory request,
/// kTooLarge beyond `limits`. Thread-safe. O(1).
Result<FramePlan> PlanFrame(Size input, const SizeRequest& request, const PixelLimits& limits);

}  // namespace recover

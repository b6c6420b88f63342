// One channel's transfer curve: encoded sample <-> linear light.
#pragma once

#include <memory>
#include <vector>

namespace recover {

/// The sRGB curve (IEC 61966-2-1), odd-symmetric beyond [0, 1] as CSS Color 4 extends it:
/// negative light from colours outside the sRGB gamut stays small when resampled, where the
/// straight continuation of the curve's foot would blow it up 12.92-fold.
float SrgbToLinear(float encoded);
float LinearToSrgb(float linear);

/// Tables of both, exact to 1e-6 in [0, 1]; the functions above beyond. NaN gives 0.
float FastSrgbToLinear(float encoded);
float FastLinearToSrgb(float linear);

/// A curve of an ICC profile on [0, 1], rising; continued oddly below 0 and by the sRGB curve
/// above 1 (only floating-point pictures hold such samples). A value. Thread-safe.
class ToneCurve {
 public:
  /// y = samples[i] at x = i / (n - 1), straight between. At least 2 samples, made to rise.
  explicit ToneCurve(std::vector<float> samples);

  float ToLinear(float encoded) const;
  float ToEncoded(float linear) const;

 private:
  std::vector<float> forward_;  // linear light over the encoded value
  std::vector<float> inverse_;  // encoded value over the root of linear light: finest near black
};

}  // namespace recover

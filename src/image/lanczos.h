// Weights of the Lanczos3 filter along one axis.
#pragma once

#include <cstddef>
#include <vector>

namespace recover {

/// Which input samples make each output sample, and with what weights.
/// Output i = sum over k < count[i] of weights[i * max_count + k] * input[first[i] + k].
/// first[] never falls, and neither does first[] + count[].
struct FilterTaps {
  int max_count = 0;
  /// Each output is one input sample, the next after the last: a plain copy.
  bool is_copy = false;
  std::vector<int> first;
  std::vector<int> count;
  std::vector<float> weights;

  int size() const { return static_cast<int>(first.size()); }
  const float* weights_of(int i) const {
    return weights.data() + static_cast<ptrdiff_t>(i) * max_count;
  }
  /// One past the last input sample that output i looks at.
  int end(int i) const { return first[i] + count[i]; }
};

/// sinc(x) sinc(x / 3) inside |x| < 3, else 0. Source: Duchon 1979.
double Lanczos3(double x);

/// Taps that map the stretch [from, to) of `input_size` samples onto
/// `output_size` samples: half-pixel centres, the filter widened by the factor
/// when shrinking, weights normalised, taps outside the input dropped (samples
/// outside the stretch but inside the input are used). This is the convention of
/// PIL's LANCZOS (with `box`) and of torch's antialiased interpolation.
/// At 1x from a whole sample the taps are exactly one sample of weight 1.
/// 0 <= from < to <= input_size; sizes >= 1. O(output_size * max_count).
FilterTaps LanczosTaps(int input_size, double from, double to, int output_size);

}  // namespace recover

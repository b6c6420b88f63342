#include "image/lanczos.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.h"

namespace recover {
namespace {

constexpr double kSupport = 3.0;

double Sinc(double x) {
  if (x == 0.0) {
    return 1.0;
  }
  const double phase = std::numbers::pi * x;
  return std::sin(phase) / phase;
}

FilterTaps CopyTaps(int first, int output_size) {
  FilterTaps taps;
  taps.max_count = 1;
  taps.is_copy = true;
  taps.first.resize(output_size);
  taps.count.assign(output_size, 1);
  taps.weights.assign(output_size, 1.0F);
  for (int i = 0; i < output_size; ++i) {
    taps.first[i] = first + i;
  }
  return taps;
}

}  // namespace

double Lanczos3(double x) { return std::abs(x) < kSupport ? Sinc(x) * Sinc(x / kSupport) : 0.0; }

FilterTaps LanczosTaps(int input_size, double from, double to, int output_size) {
  RECOVER_CHECK(input_size >= 1 && output_size >= 1);
  RECOVER_CHECK(0.0 <= from && from < to && to <= input_size);
  if (to - from == output_size && from == std::floor(from)) {
    return CopyTaps(static_cast<int>(from), output_size);
  }
  const double scale = (to - from) / output_size;
  const double filter_scale = std::max(scale, 1.0);
  const double support = kSupport * filter_scale;

  FilterTaps taps;
  taps.max_count = std::min(input_size, static_cast<int>(std::ceil(support)) * 2 + 1);
  taps.first.resize(output_size);
  taps.count.resize(output_size);
  taps.weights.assign(static_cast<size_t>(output_size) * taps.max_count, 0.0F);
  std::vector<double> weights(taps.max_count);
  for (int i = 0; i < output_size; ++i) {
    const double center = from + (i + 0.5) * scale;
    // Samples whose centres lie within the support: half-pixel centres, so + 0.5.
    const int first = std::max(0, static_cast<int>(std::floor(center - support + 0.5)));
    const int end = std::min(input_size, static_cast<int>(std::floor(center + support + 0.5)));
    double sum = 0.0;
    for (int k = 0; k < end - first; ++k) {
      weights[k] = Lanczos3((first + k - center + 0.5) / filter_scale);
      sum += weights[k];
    }
    taps.first[i] = first;
    taps.count[i] = end - first;
    float* row = taps.weights.data() + static_cast<ptrdiff_t>(i) * taps.max_count;
    for (int k = 0; k < end - first; ++k) {
      row[k] = static_cast<float>(weights[k] / sum);
    }
  }
  return taps;
}

}  // namespace recover

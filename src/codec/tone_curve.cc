// Forward: 65536 samples, so that 8- and 16-bit values fall on samples exactly. Inverse: over the
// square root of linear light, because a pure gamma curve has no finite slope at black.
#include "codec/tone_curve.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "base/check.h"

namespace recover {
namespace {

constexpr int kCells = 65535;
constexpr float kFoot = 0.0031308F;  // IEC 61966-2-1
constexpr float kEncodedFoot = 0.04045F;

float LinearToSrgbAbove(float linear) {
  return linear <= kFoot ? 12.92F * linear : 1.055F * std::pow(linear, 1 / 2.4F) - 0.055F;
}

float SrgbToLinearAbove(float encoded) {
  return encoded <= kEncodedFoot ? encoded / 12.92F : std::pow((encoded + 0.055F) / 1.055F, 2.4F);
}

/// f(i / kCells) for all i, in double.
template <typename F>
std::vector<float> Tabulate(F f) {
  std::vector<float> table(kCells + 2);
  for (int i = 0; i <= kCells; ++i) {
    table[static_cast<size_t>(i)] = static_cast<float>(f(static_cast<double>(i) / kCells));
  }
  table[kCells + 1] = table[kCells];  // read with weight 0 at x = 1
  return table;
}

/// x in [0, 1].
float LookUp(const std::vector<float>& table, float x) {
  const float at = x * kCells;
  const auto cell = static_cast<size_t>(at);
  const float weight = at - static_cast<float>(cell);
  return table[cell] + weight * (table[cell + 1] - table[cell]);
}

}  // namespace

float SrgbToLinear(float encoded) {
  return std::copysign(SrgbToLinearAbove(std::fabs(encoded)), encoded);
}
float LinearToSrgb(float linear) {
  return std::copysign(LinearToSrgbAbove(std::fabs(linear)), linear);
}

float FastSrgbToLinear(float encoded) {
  static const std::vector<float> table = Tabulate(
      [](double x) { return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4); });
  if (encoded >= 0 && encoded <= 1) {
    return LookUp(table, encoded);
  }
  return std::isnan(encoded) ? 0 : SrgbToLinear(encoded);
}

float FastLinearToSrgb(float linear) {
  static const std::vector<float> table = Tabulate(
      [](double x) { return x <= 0.0031308 ? 12.92 * x : 1.055 * std::pow(x, 1 / 2.4) - 0.055; });
  if (linear >= kFoot && linear <= 1) {
    return LookUp(table, linear);
  }
  return std::isnan(linear) ? 0 : LinearToSrgb(linear);
}

ToneCurve::ToneCurve(std::vector<float> samples) {
  RECOVER_CHECK(samples.size() >= 2);
  for (float& sample : samples) {
    sample = std::isfinite(sample) ? std::max(sample, 0.0F) : 0.0F;
  }
  for (size_t i = 1; i < samples.size(); ++i) {
    samples[i] = std::max(samples[i], samples[i - 1]);
  }
  const auto last = static_cast<double>(samples.size() - 1);
  forward_ = Tabulate([&](double x) {
    const double at = x * last;
    const auto cell = std::min(static_cast<size_t>(at), samples.size() - 2);
    const double weight = at - static_cast<double>(cell);
    return samples[cell] * (1 - weight) + samples[cell + 1] * weight;
  });
  size_t cell = 0;
  inverse_ = Tabulate([&](double root) {
    const double linear = root * root;
    while (cell + 1 < kCells && forward_[cell + 1] < linear) {
      ++cell;
    }
    const double below = forward_[cell];
    const double above = forward_[cell + 1];
    const double weight =
        above > below ? std::clamp((linear - below) / (above - below), 0.0, 1.0) : 0.0;
    return (static_cast<double>(cell) + weight) / kCells;
  });
}

float ToneCurve::ToLinear(float encoded) const {
  if (encoded >= 0 && encoded <= 1) {
    return LookUp(forward_, encoded);
  }
  if (encoded < 0) {
    return -ToLinear(std::max(-encoded, 0.0F));
  }
  return encoded > 1 ? forward_[kCells] * SrgbToLinear(encoded) : 0;
}

float ToneCurve::ToEncoded(float linear) const {
  if (linear >= 0 && linear <= 1) {
    return LookUp(inverse_, std::sqrt(linear));
  }
  if (linear < 0) {
    return -ToEncoded(-linear);
  }
  return linear > 1 ? inverse_[kCells] * LinearToSrgb(linear) : 0;
}

}  // namespace recover

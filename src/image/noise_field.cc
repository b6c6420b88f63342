// Each (seed, x, y, pair of channels) is mixed to 64 bits, read as two uniforms,
// and turned into two Gaussians by Box and Muller's transform (1958). The mixer is
// the finaliser of SplitMix64 (Steele, Lea, Flood 2014), applied once per
// coordinate so that neighbours share no structure.
#include "image/noise_field.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace recover {
namespace {

constexpr uint64_t kGoldenGamma = 0x9E3779B97F4A7C15U;

uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

uint64_t Absorb(uint64_t state, uint64_t word) { return Mix(state + kGoldenGamma * (word + 1)); }

struct GaussianPair {
  float first;
  float second;
};

GaussianPair Gaussians(uint64_t bits) {
  // Open interval (0, 1): the half keeps the logarithm finite.
  constexpr float kUnit = 1.0F / 4294967296.0F;
  const float u = (static_cast<float>(bits >> 32) + 0.5F) * kUnit;
  const float v = (static_cast<float>(bits & 0xFFFFFFFFU) + 0.5F) * kUnit;
  const float radius = std::sqrt(-2.0F * std::log(std::min(u, 1.0F)));
  const float angle = 2.0F * std::numbers::pi_v<float> * v;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace

void NoiseField::Fill(const Rect& rect, int channels, std::span<float> planes) const {
  const size_t plane = static_cast<size_t>(rect.size().area());
  RECOVER_CHECK(planes.size() == plane * channels);
  const uint64_t base = Absorb(0, seed_);
  for (int y = 0; y < rect.height; ++y) {
    const uint64_t row_state = Absorb(base, static_cast<uint64_t>(int64_t{rect.y} + y));
    for (int x = 0; x < rect.width; ++x) {
      const uint64_t place = Absorb(row_state, static_cast<uint64_t>(int64_t{rect.x} + x));
      const size_t at = static_cast<size_t>(y) * rect.width + x;
      for (int c = 0; c < channels; c += 2) {
        const GaussianPair pair = Gaussians(Absorb(place, static_cast<uint64_t>(c)));
        planes[c * plane + at] = pair.first;
        if (c + 1 < channels) {
          planes[(c + 1) * plane + at] = pair.second;
        }
      }
    }
  }
}

}  // namespace recover

// Unit Gaussian noise that depends on nothing but its place.
#pragma once

#include <cstdint>
#include <span>

#include "image/image.h"

namespace recover {

/// An endless field of independent unit Gaussians: the value at (x, y, channel) is
/// a hash of those and the seed, so any rectangle can be made at any time, on any
/// thread, and agrees with every other. A value type; thread-safe.
class NoiseField {
 public:
  explicit NoiseField(uint64_t seed) : seed_(seed) {}

  /// Fills `planes` with the noise under `rect`: CHW, channels x rect.height x
  /// rect.width. Coordinates may be any int. O(samples), about 15 ns each.
  void Fill(const Rect& rect, int channels, std::span<float> planes) const;

 private:
  uint64_t seed_;
};

}  // namespace recover

#include "image/colour.h"

#include <cmath>

namespace recover {

float SrgbToLinear(float encoded) {
  const float a = std::abs(encoded);
  const float linear = a <= 0.04045F ? a / 12.92F : std::pow((a + 0.055F) / 1.055F, 2.4F);
  return std::copysign(linear, encoded);
}

float LinearToSrgb(float linear) {
  const float a = std::abs(linear);
  const float encoded = a <= 0.0031308F ? a * 12.92F : 1.055F * std::pow(a, 1.0F / 2.4F) - 0.055F;
  return std::copysign(encoded, linear);
}

}  // namespace recover

// Profiles of three curves and a matrix (Display P3, Adobe RGB, ProPhoto), computed here in
// float: Little CMS would clip or round them.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "codec/colour_profile.h"
#include "codec/lcms_profile.h"
#include "codec/tone_curve.h"

namespace recover {

/// Row times column: light in linear RGB of one set of primaries to that of another.
using Matrix = std::array<std::array<double, 3>, 3>;

/// What a matrix profile and its converters share, as long as any of them lives.
struct MatrixParts {
  std::array<std::shared_ptr<const ToneCurve>, 3> curves;  // often the same one thrice
  Matrix to_srgb;
  Matrix from_srgb;
};

/// Null if it is no plain matrix-and-curves profile, or its matrix is singular.
std::shared_ptr<const MatrixParts> ReadMatrixParts(cmsHPROFILE profile);

/// Whether the profile gives sRGB's colours to half a step of 8 bits, over a grid of colours.
bool IsSrgb(const MatrixParts& parts);

std::shared_ptr<const ColourProfile> MakeMatrixProfile(std::string name,
                                                       std::shared_ptr<const MatrixParts> parts);

}  // namespace recover

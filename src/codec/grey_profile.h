// Grey profiles: one curve.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "codec/colour_profile.h"
#include "codec/lcms_profile.h"
#include "codec/tone_curve.h"

namespace recover {

/// The light of each level, of grey profiles of every build (curve to XYZ or to Lab). Nothing if
/// Little CMS cannot use the profile.
std::optional<ToneCurve> ReadGreyCurve(cmsHPROFILE profile);

/// Whether the curve is sRGB's to half a step of 8 bits.
bool IsSrgbCurve(const ToneCurve& curve);

std::shared_ptr<const ColourProfile> MakeGreyProfile(std::string name, ToneCurve curve);

}  // namespace recover

// Little CMS' handles with owners, and what every use of it here shares.
#pragma once

#include <memory>
#include <string>

#include <lcms2.h>

namespace recover {

struct ProfileClose {
  void operator()(void* profile) const { cmsCloseProfile(profile); }
};
using ProfilePtr = std::unique_ptr<void, ProfileClose>;

struct TransformDelete {
  void operator()(void* transform) const { cmsDeleteTransform(transform); }
};
using TransformPtr = std::unique_ptr<void, TransformDelete>;

struct CurveFree {
  void operator()(cmsToneCurve* curve) const { cmsFreeToneCurve(curve); }
};
using CurvePtr = std::unique_ptr<cmsToneCurve, CurveFree>;

inline constexpr cmsUInt32Number kLcmsIntent = INTENT_RELATIVE_COLORIMETRIC;
inline constexpr cmsUInt32Number kLcmsFlags = cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOCACHE;

/// sRGB's primaries with straight curves: Little CMS then leaves values unbounded.
ProfilePtr LinearSrgb();

/// The profile's description in one line of ASCII; never empty.
std::string DescriptionOf(cmsHPROFILE profile);

}  // namespace recover

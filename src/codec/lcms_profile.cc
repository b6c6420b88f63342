#include "codec/lcms_profile.h"

#include <algorithm>
#include <array>

namespace recover {

ProfilePtr LinearSrgb() {
  const CurvePtr line(cmsBuildGamma(nullptr, 1.0));
  cmsToneCurve* curves[3] = {line.get(), line.get(), line.get()};
  const cmsCIExyY d65 = {0.3127, 0.3290, 1.0};
  const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1.0}, {0.30, 0.60, 1.0}, {0.15, 0.06, 1.0}};
  return ProfilePtr(cmsCreateRGBProfile(&d65, &primaries, curves));
}

std::string DescriptionOf(cmsHPROFILE profile) {
  std::array<char, 256> text = {};
  cmsGetProfileInfoASCII(profile, cmsInfoDescription, "en", "US", text.data(), text.size() - 1);
  std::string name(text.data());
  std::replace_if(
      name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return name.empty() ? "unnamed profile" : name;
}

}  // namespace recover

#include "codec/colour_profile.h"

#include <array>
#include <optional>
#include <utility>

#include <lcms2.h>
#include <vips/vips.h>

#include "codec/byte_order.h"
#include "codec/grey_profile.h"
#include "codec/lcms_profile.h"
#include "codec/matrix_profile.h"
#include "codec/table_profile.h"
#include "codec/tone_curve.h"
#include "codec/vips_runtime.h"

namespace recover {
namespace {

/// Samples are the working ones already.
class SameProfile : public ColourProfile {
 public:
  explicit SameProfile(std::string name) : name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  std::unique_ptr<ColourConverter> ToWorking() const override { return nullptr; }
  std::unique_ptr<ColourConverter> FromWorking() const override { return nullptr; }
  bool can_output() const override { return true; }

 private:
  std::string name_;
};

std::shared_ptr<const ColourProfile> MakeGrey(std::string name, ToneCurve curve) {
  if (IsSrgbCurve(curve)) {
    return std::make_shared<SameProfile>(std::move(name));
  }
  return MakeGreyProfile(std::move(name), std::move(curve));
}

Status DamagedProfile() { return {StatusCode::kCorruptInput, "the colour profile is damaged"}; }

Result<std::shared_ptr<const ColourProfile>> ParseGrey(cmsHPROFILE profile) {
  std::optional<ToneCurve> curve = ReadGreyCurve(profile);
  if (!curve.has_value()) {
    return DamagedProfile();
  }
  return MakeGrey(DescriptionOf(profile), *std::move(curve));
}

Result<std::shared_ptr<const ColourProfile>> ParseColour(ProfilePtr profile, ColourModel model) {
  std::string name = DescriptionOf(profile.get());
  if (std::shared_ptr<const MatrixParts> parts = ReadMatrixParts(profile.get())) {
    if (model ==
        ColourModel::kGrey) {  // a grey picture tagged with an RGB profile: its neutral axis
      return MakeGrey(std::move(name), *parts->curves[1]);
    }
    if (IsSrgb(*parts)) {
      return std::shared_ptr<const ColourProfile>(std::make_shared<SameProfile>(std::move(name)));
    }
    return MakeMatrixProfile(std::move(name), std::move(parts));
  }
  if (model == ColourModel::kGrey) {
    return Status(StatusCode::kUnsupportedFormat,
                  "the colour profile is not one for grey pictures");
  }
  auto tables = MakeTableProfile(std::move(name), std::move(profile), model);
  if (tables->ToWorking() == nullptr) {
    return DamagedProfile();
  }
  return tables;
}

Result<std::shared_ptr<const ColourProfile>> DefaultProfile(ColourModel model) {
  if (model == ColourModel::kGrey || model == ColourModel::kRgb) {
    return std::shared_ptr<const ColourProfile>(std::make_shared<SameProfile>("sRGB"));
  }
  ProfilePtr profile;
  if (model == ColourModel::kLab) {
    profile.reset(cmsCreateLab4Profile(nullptr));
  } else {
    RECOVER_RETURN_IF_ERROR(StartVips());
    VipsBlob* blob = nullptr;
    if (vips_profile_load("cmyk", &blob, nullptr) != 0 || blob == nullptr) {
      return Status(StatusCode::kUnavailable,
                    "libvips brings no CMYK profile: " + TakeVipsErrors());
    }
    size_t size = 0;
    const void* data = vips_blob_get(blob, &size);
    profile.reset(cmsOpenProfileFromMem(data, static_cast<cmsUInt32Number>(size)));
    vips_area_unref(VIPS_AREA(blob));
  }
  if (profile == nullptr) {
    return DamagedProfile();
  }
  const std::string name = model == ColourModel::kLab ? "CIE Lab D50" : "CMYK without a profile";
  return MakeTableProfile(name, std::move(profile), model);
}

}  // namespace

Result<std::shared_ptr<const ColourProfile>> ColourProfile::Parse(const std::string& icc,
                                                                  ColourModel model) {
  if (icc.empty() || model == ColourModel::kLab) {
    return DefaultProfile(model);
  }
  ProfilePtr profile(cmsOpenProfileFromMem(icc.data(), static_cast<cmsUInt32Number>(icc.size())));
  if (profile == nullptr) {
    return DamagedProfile();
  }
  const cmsColorSpaceSignature space = cmsGetColorSpace(profile.get());
  const cmsProfileClassSignature kind = cmsGetDeviceClass(profile.get());
  if (kind == cmsSigLinkClass || kind == cmsSigNamedColorClass) {
    return Status(StatusCode::kUnsupportedFormat,
                  "the colour profile is a device link or a list of named colours");
  }
  if (model == ColourModel::kGrey && space == cmsSigGrayData) {
    return ParseGrey(profile.get());
  }
  if ((model == ColourModel::kRgb || model == ColourModel::kGrey) && space == cmsSigRgbData) {
    return ParseColour(std::move(profile), model);
  }
  if (model == ColourModel::kCmyk && space == cmsSigCmykData) {
    return ParseColour(std::move(profile), model);
  }
  return Status(StatusCode::kUnsupportedFormat,
                "the colour profile is for another kind of picture");
}

std::string SrgbIccProfile(bool grey) {
  ProfilePtr profile;
  if (grey) {
    const cmsFloat64Number srgb[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    const CurvePtr curve(cmsBuildParametricToneCurve(nullptr, 4, srgb));
    profile.reset(cmsCreateGrayProfile(cmsD50_xyY(), curve.get()));
  } else {
    profile.reset(cmsCreate_sRGBProfile());
  }
  cmsUInt32Number size = 0;
  cmsSaveProfileToMem(profile.get(), nullptr, &size);
  std::string icc(size, '\0');
  cmsSaveProfileToMem(profile.get(), icc.data(), &size);
  // Bytes 24..35 hold the time of making: a fixed one, so that equal pictures make equal files.
  for (size_t i = 0; i < 6; ++i) {
    StoreUint(icc, 24 + 2 * i, 2, true, std::array<uint64_t, 6>{2026, 1, 1, 0, 0, 0}[i]);
  }
  return icc;
}

}  // namespace recover

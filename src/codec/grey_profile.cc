#include "codec/grey_profile.h"

#include <cmath>
#include <utility>
#include <vector>

namespace recover {
namespace {

class GreyConverter : public ColourConverter {
 public:
  GreyConverter(std::shared_ptr<const ToneCurve> curve, bool to_working)
      : curve_(std::move(curve)), to_working_(to_working) {}
  void Convert(const float* in, int in_stride, float* out, int out_stride,
               int64_t pixels) const override {
    for (int64_t i = 0; i < pixels; ++i, in += in_stride, out += out_stride) {
      *out = to_working_ ? FastLinearToSrgb(curve_->ToLinear(*in))
                         : curve_->ToEncoded(FastSrgbToLinear(*in));
    }
  }

 private:
  std::shared_ptr<const ToneCurve> curve_;  // shared with the profile and its other converters
  bool to_working_;
};

class GreyProfile : public ColourProfile {
 public:
  GreyProfile(std::string name, ToneCurve curve)
      : name_(std::move(name)), curve_(std::make_shared<const ToneCurve>(std::move(curve))) {}
  const std::string& name() const override { return name_; }
  std::unique_ptr<ColourConverter> ToWorking() const override {
    return std::make_unique<GreyConverter>(curve_, true);
  }
  std::unique_ptr<ColourConverter> FromWorking() const override {
    return std::make_unique<GreyConverter>(curve_, false);
  }
  bool can_output() const override { return true; }

 private:
  std::string name_;
  std::shared_ptr<const ToneCurve> curve_;
};

}  // namespace

std::optional<ToneCurve> ReadGreyCurve(cmsHPROFILE profile) {
  const ProfilePtr linear = LinearSrgb();
  const TransformPtr transform(cmsCreateTransform(profile, TYPE_GRAY_FLT, linear.get(),
                                                  TYPE_RGB_FLT, kLcmsIntent, kLcmsFlags));
  if (transform == nullptr) {
    return std::nullopt;
  }
  std::vector<float> samples(65536);
  for (size_t i = 0; i < samples.size(); ++i) {
    const float grey = static_cast<float>(i) / 65535.0F;
    float rgb[3] = {};
    cmsDoTransform(transform.get(), &grey, rgb, 1);
    samples[i] = rgb[1];
  }
  return ToneCurve(std::move(samples));
}

bool IsSrgbCurve(const ToneCurve& curve) {
  for (int i = 0; i <= 255; ++i) {
    const float x = static_cast<float>(i) / 255;
    if (std::fabs(FastLinearToSrgb(curve.ToLinear(x)) - x) > 0.5F / 255) {
      return false;
    }
  }
  return true;
}

std::shared_ptr<const ColourProfile> MakeGreyProfile(std::string name, ToneCurve curve) {
  return std::make_shared<GreyProfile>(std::move(name), std::move(curve));
}

}  // namespace recover

#include "codec/table_profile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "codec/tone_curve.h"

namespace recover {
namespace {

/// By Little CMS, through linear sRGB light in float.
class TableConverter : public ColourConverter {
 public:
  /// `transform` takes `in_channels` floats times in_scale, and gives RGB.
  TableConverter(TransformPtr transform, int in_channels, float in_scale, bool to_working)
      : transform_(std::move(transform)),
        in_channels_(in_channels),
        in_scale_(in_scale),
        to_working_(to_working) {}

  void Convert(const float* in, int in_stride, float* out, int out_stride,
               int64_t pixels) const override {
    constexpr int64_t kBatch = 256;
    std::array<float, 4 * kBatch> from;
    std::array<float, 3 * kBatch> to;
    for (int64_t done = 0; done < pixels; done += kBatch) {
      const int64_t count = std::min(kBatch, pixels - done);
      for (int64_t i = 0; i < count; ++i) {
        for (int c = 0; c < in_channels_; ++c) {
          const float value = in[(done + i) * in_stride + c];
          from[static_cast<size_t>(i * in_channels_ + c)] =
              to_working_ ? (std::isfinite(value) ? value * in_scale_ : 0)
                          : FastSrgbToLinear(value);
        }
      }
      cmsDoTransform(transform_.get(), from.data(), to.data(), static_cast<cmsUInt32Number>(count));
      for (int64_t i = 0; i < count; ++i) {
        for (int c = 0; c < 3; ++c) {
          const float value = to[static_cast<size_t>(i * 3 + c)];
          out[(done + i) * out_stride + c] = to_working_ ? FastLinearToSrgb(value) : value;
        }
      }
    }
  }

 private:
  TransformPtr transform_;
  int in_channels_;
  float in_scale_;
  bool to_working_;
};

class TableProfile : public ColourProfile {
 public:
  TableProfile(std::string name, ProfilePtr profile, ColourModel model)
      : name_(std::move(name)), profile_(std::move(profile)), model_(model) {}

  const std::string& name() const override { return name_; }

  std::unique_ptr<ColourConverter> ToWorking() const override {
    const ProfilePtr linear = LinearSrgb();
    const cmsUInt32Number type = model_ == ColourModel::kCmyk  ? TYPE_CMYK_FLT
                                 : model_ == ColourModel::kLab ? TYPE_Lab_FLT
                                                               : TYPE_RGB_FLT;
    TransformPtr transform(cmsCreateTransform(profile_.get(), type, linear.get(), TYPE_RGB_FLT,
                                              kLcmsIntent, kLcmsFlags));
    if (transform == nullptr) {
      return nullptr;
    }
    const bool is_cmyk = model_ == ColourModel::kCmyk;
    return std::make_unique<TableConverter>(std::move(transform), is_cmyk ? 4 : 3,
                                            is_cmyk ? 100.0F : 1.0F, true);
  }

  std::unique_ptr<ColourConverter> FromWorking() const override {
    if (!can_output()) {
      return nullptr;
    }
    const ProfilePtr linear = LinearSrgb();
    TransformPtr transform(cmsCreateTransform(linear.get(), TYPE_RGB_FLT, profile_.get(),
                                              TYPE_RGB_FLT, kLcmsIntent, kLcmsFlags));
    return transform == nullptr
               ? nullptr
               : std::make_unique<TableConverter>(std::move(transform), 3, 1.0F, false);
  }

  bool can_output() const override {
    return model_ == ColourModel::kRgb &&
           cmsIsIntentSupported(profile_.get(), kLcmsIntent, LCMS_USED_AS_OUTPUT) != 0;
  }

 private:
  std::string name_;
  ProfilePtr profile_;
  ColourModel model_;
};

}  // namespace

std::shared_ptr<const ColourProfile> MakeTableProfile(std::string name, ProfilePtr profile,
                                                      ColourModel model) {
  return std::make_shared<TableProfile>(std::move(name), std::move(profile), model);
}

}  // namespace recover

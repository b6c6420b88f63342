#include "codec/colour_profile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <lcms2.h>
#include <vips/vips.h>

#include "codec/byte_order.h"
#include "codec/tone_curve.h"
#include "codec/vips_runtime.h"

namespace recover {
namespace {

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

using Matrix = std::array<std::array<double, 3>, 3>;

constexpr cmsUInt32Number kIntent = INTENT_RELATIVE_COLORIMETRIC;
constexpr cmsUInt32Number kFlags = cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOCACHE;

/// sRGB's primaries with straight curves: Little CMS then leaves values unbounded.
ProfilePtr LinearSrgb() {
  const CurvePtr line(cmsBuildGamma(nullptr, 1.0));
  cmsToneCurve* curves[3] = {line.get(), line.get(), line.get()};
  const cmsCIExyY d65 = {0.3127, 0.3290, 1.0};
  const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1.0}, {0.30, 0.60, 1.0}, {0.15, 0.06, 1.0}};
  return ProfilePtr(cmsCreateRGBProfile(&d65, &primaries, curves));
}

std::optional<Matrix> ReadColorants(cmsHPROFILE profile) {
  Matrix matrix;
  constexpr cmsTagSignature kTags[] = {cmsSigRedColorantTag, cmsSigGreenColorantTag,
                                       cmsSigBlueColorantTag};
  for (size_t c = 0; c < 3; ++c) {
    const auto* colorant = static_cast<const cmsCIEXYZ*>(cmsReadTag(profile, kTags[c]));
    if (colorant == nullptr) {
      return std::nullopt;
    }
    matrix[0][c] = colorant->X;
    matrix[1][c] = colorant->Y;
    matrix[2][c] = colorant->Z;
  }
  return matrix;
}

Matrix Multiply(const Matrix& a, const Matrix& b) {
  Matrix product = {};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      for (size_t k = 0; k < 3; ++k) {
        product[i][j] += a[i][k] * b[k][j];
      }
    }
  }
  return product;
}

/// By the adjugate. Nothing if the matrix is singular or not finite.
std::optional<Matrix> Invert(const Matrix& m) {
  Matrix inverse;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      const size_t r0 = (j + 1) % 3, r1 = (j + 2) % 3, c0 = (i + 1) % 3, c1 = (i + 2) % 3;
      inverse[i][j] = m[r0][c0] * m[r1][c1] - m[r0][c1] * m[r1][c0];
    }
  }
  const double determinant =
      m[0][0] * inverse[0][0] + m[0][1] * inverse[1][0] + m[0][2] * inverse[2][0];
  if (!std::isfinite(determinant) || std::fabs(determinant) < 1e-9) {
    return std::nullopt;
  }
  for (auto& row : inverse) {
    for (double& value : row) {
      value /= determinant;
    }
  }
  return inverse;
}

/// Little CMS evaluates sampled curves in 16 bits; the samples themselves, joined by straight
/// lines, keep what a 16-bit picture holds near black.
ToneCurve ReadCurve(const cmsToneCurve* curve) {
  std::vector<float> samples;
  if (cmsGetToneCurveParametricType(curve) == 0 &&
      cmsGetToneCurveEstimatedTableEntries(curve) >= 2) {
    const cmsUInt16Number* table = cmsGetToneCurveEstimatedTable(curve);
    for (cmsUInt32Number i = 0; i < cmsGetToneCurveEstimatedTableEntries(curve); ++i) {
      samples.push_back(static_cast<float>(table[i]) / 65535.0F);
    }
  } else {
    for (int i = 0; i <= 65535; ++i) {
      samples.push_back(cmsEvalToneCurveFloat(curve, static_cast<float>(i) / 65535.0F));
    }
  }
  return ToneCurve(std::move(samples));
}

std::string DescriptionOf(cmsHPROFILE profile) {
  std::array<char, 256> text = {};
  cmsGetProfileInfoASCII(profile, cmsInfoDescription, "en", "US", text.data(), text.size() - 1);
  std::string name(text.data());
  std::replace_if(
      name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return name.empty() ? "unnamed profile" : name;
}

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

/// What a matrix profile and its converters share, as long as any of them lives.
struct MatrixParts {
  std::array<std::shared_ptr<const ToneCurve>, 3> curves;  // often the same one thrice
  Matrix to_srgb;
  Matrix from_srgb;
};

class MatrixIn : public ColourConverter {
 public:
  explicit MatrixIn(std::shared_ptr<const MatrixParts> parts) : parts_(std::move(parts)) {}
  void Convert(const float* in, int in_stride, float* out, int out_stride,
               int64_t pixels) const override {
    const Matrix& m = parts_->to_srgb;
    for (int64_t i = 0; i < pixels; ++i, in += in_stride, out += out_stride) {
      const double r = parts_->curves[0]->ToLinear(in[0]);
      const double g = parts_->curves[1]->ToLinear(in[1]);
      const double b = parts_->curves[2]->ToLinear(in[2]);
      for (size_t c = 0; c < 3; ++c) {
        out[c] = FastLinearToSrgb(static_cast<float>(m[c][0] * r + m[c][1] * g + m[c][2] * b));
      }
    }
  }

 private:
  std::shared_ptr<const MatrixParts> parts_;
};

class MatrixOut : public ColourConverter {
 public:
  explicit MatrixOut(std::shared_ptr<const MatrixParts> parts) : parts_(std::move(parts)) {}
  void Convert(const float* in, int in_stride, float* out, int out_stride,
               int64_t pixels) const override {
    const Matrix& m = parts_->from_srgb;
    for (int64_t i = 0; i < pixels; ++i, in += in_stride, out += out_stride) {
      const double r = FastSrgbToLinear(in[0]);
      const double g = FastSrgbToLinear(in[1]);
      const double b = FastSrgbToLinear(in[2]);
      for (size_t c = 0; c < 3; ++c) {
        const double linear = m[c][0] * r + m[c][1] * g + m[c][2] * b;
        out[c] = parts_->curves[c]->ToEncoded(static_cast<float>(linear));
      }
    }
  }

 private:
  std::shared_ptr<const MatrixParts> parts_;
};

class MatrixProfile : public ColourProfile {
 public:
  MatrixProfile(std::string name, std::shared_ptr<const MatrixParts> parts)
      : name_(std::move(name)), parts_(std::move(parts)) {}
  const std::string& name() const override { return name_; }
  std::unique_ptr<ColourConverter> ToWorking() const override {
    return std::make_unique<MatrixIn>(parts_);
  }
  std::unique_ptr<ColourConverter> FromWorking() const override {
    return std::make_unique<MatrixOut>(parts_);
  }
  bool can_output() const override { return true; }
  const MatrixParts& parts() const { return *parts_; }

 private:
  std::string name_;
  std::shared_ptr<const MatrixParts> parts_;
};

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

/// By Little CMS, through linear sRGB light in float.
class LutConverter : public ColourConverter {
 public:
  /// `transform` takes `in_channels` floats times in_scale, and gives RGB.
  LutConverter(TransformPtr transform, int in_channels, float in_scale, bool to_working)
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

class LutProfile : public ColourProfile {
 public:
  LutProfile(std::string name, ProfilePtr profile, ColourModel model)
      : name_(std::move(name)), profile_(std::move(profile)), model_(model) {}

  const std::string& name() const override { return name_; }

  std::unique_ptr<ColourConverter> ToWorking() const override {
    const ProfilePtr linear = LinearSrgb();
    const cmsUInt32Number type = model_ == ColourModel::kCmyk  ? TYPE_CMYK_FLT
                                 : model_ == ColourModel::kLab ? TYPE_Lab_FLT
                                                               : TYPE_RGB_FLT;
    TransformPtr transform(
        cmsCreateTransform(profile_.get(), type, linear.get(), TYPE_RGB_FLT, kIntent, kFlags));
    if (transform == nullptr) {
      return nullptr;
    }
    const bool is_cmyk = model_ == ColourModel::kCmyk;
    return std::make_unique<LutConverter>(std::move(transform), is_cmyk ? 4 : 3,
                                          is_cmyk ? 100.0F : 1.0F, true);
  }

  std::unique_ptr<ColourConverter> FromWorking() const override {
    if (!can_output()) {
      return nullptr;
    }
    const ProfilePtr linear = LinearSrgb();
    TransformPtr transform(cmsCreateTransform(linear.get(), TYPE_RGB_FLT, profile_.get(),
                                              TYPE_RGB_FLT, kIntent, kFlags));
    return transform == nullptr
               ? nullptr
               : std::make_unique<LutConverter>(std::move(transform), 3, 1.0F, false);
  }

  bool can_output() const override {
    return model_ == ColourModel::kRgb &&
           cmsIsIntentSupported(profile_.get(), kIntent, LCMS_USED_AS_OUTPUT) != 0;
  }

 private:
  std::string name_;
  ProfilePtr profile_;
  ColourModel model_;
};

/// Whether the profile gives sRGB's colours to half a step of 8 bits, over a grid of colours.
bool IsSrgb(const MatrixParts& parts) {
  const MatrixIn converter(std::make_shared<const MatrixParts>(parts));
  constexpr int kSteps = 6;
  for (int i = 0; i < kSteps * kSteps * kSteps; ++i) {
    const float in[3] = {static_cast<float>(i % kSteps) / (kSteps - 1),
                         static_cast<float>(i / kSteps % kSteps) / (kSteps - 1),
                         static_cast<float>(i / kSteps / kSteps) / (kSteps - 1)};
    float out[3];
    converter.Convert(in, 3, out, 3, 1);
    for (int c = 0; c < 3; ++c) {
      if (std::fabs(in[c] - out[c]) > 0.5F / 255) {
        return false;
      }
    }
  }
  return true;
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

std::shared_ptr<const ColourProfile> MakeGrey(std::string name, ToneCurve curve) {
  if (IsSrgbCurve(curve)) {
    return std::make_shared<SameProfile>(std::move(name));
  }
  return std::make_shared<GreyProfile>(std::move(name), std::move(curve));
}

Status DamagedProfile() { return {StatusCode::kCorruptInput, "the colour profile is damaged"}; }

/// Grey profiles of every build (curve to XYZ or to Lab): Little CMS gives the light of each level.
Result<std::shared_ptr<const ColourProfile>> ParseGrey(cmsHPROFILE profile) {
  const ProfilePtr linear = LinearSrgb();
  const TransformPtr transform(
      cmsCreateTransform(profile, TYPE_GRAY_FLT, linear.get(), TYPE_RGB_FLT, kIntent, kFlags));
  if (transform == nullptr) {
    return DamagedProfile();
  }
  std::vector<float> samples(65536);
  for (size_t i = 0; i < samples.size(); ++i) {
    const float grey = static_cast<float>(i) / 65535.0F;
    float rgb[3] = {};
    cmsDoTransform(transform.get(), &grey, rgb, 1);
    samples[i] = rgb[1];
  }
  return MakeGrey(DescriptionOf(profile), ToneCurve(std::move(samples)));
}

/// Null if it is no plain matrix-and-curves profile.
std::shared_ptr<const MatrixParts> ReadMatrixParts(cmsHPROFILE profile) {
  if (cmsIsMatrixShaper(profile) == 0 || cmsIsTag(profile, cmsSigAToB0Tag) != 0 ||
      cmsIsTag(profile, cmsSigAToB1Tag) != 0 || cmsIsTag(profile, cmsSigDToB0Tag) != 0) {
    return nullptr;
  }
  const std::optional<Matrix> colorants = ReadColorants(profile);
  const ProfilePtr linear_profile = LinearSrgb();
  const std::optional<Matrix> linear = ReadColorants(linear_profile.get());
  const std::optional<Matrix> to_linear = linear ? Invert(*linear) : std::nullopt;
  const std::optional<Matrix> from_xyz = colorants ? Invert(*colorants) : std::nullopt;
  if (!to_linear || !from_xyz) {
    return nullptr;
  }
  auto parts = std::make_shared<MatrixParts>();
  parts->to_srgb = Multiply(*to_linear, *colorants);
  parts->from_srgb = Multiply(*from_xyz, *linear);
  constexpr cmsTagSignature kTags[] = {cmsSigRedTRCTag, cmsSigGreenTRCTag, cmsSigBlueTRCTag};
  for (size_t c = 0; c < 3; ++c) {
    const auto* curve = static_cast<const cmsToneCurve*>(cmsReadTag(profile, kTags[c]));
    if (curve == nullptr) {
      return nullptr;
    }
    // Each curve's tables take 512 KiB: linked curves are read once.
    const bool is_linked = c > 0 && cmsTagLinkedTo(profile, kTags[c]) == kTags[0];
    parts->curves[c] =
        is_linked ? parts->curves[0] : std::make_shared<const ToneCurve>(ReadCurve(curve));
  }
  return parts;
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
    return std::shared_ptr<const ColourProfile>(
        std::make_shared<MatrixProfile>(std::move(name), std::move(parts)));
  }
  if (model == ColourModel::kGrey) {
    return Status(StatusCode::kUnsupportedFormat,
                  "the colour profile is not one for grey pictures");
  }
  auto lut = std::make_shared<LutProfile>(std::move(name), std::move(profile), model);
  if (lut->ToWorking() == nullptr) {
    return DamagedProfile();
  }
  return std::shared_ptr<const ColourProfile>(std::move(lut));
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
  return std::shared_ptr<const ColourProfile>(
      std::make_shared<LutProfile>(name, std::move(profile), model));
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

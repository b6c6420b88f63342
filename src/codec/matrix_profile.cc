#include "codec/matrix_profile.h"

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace recover {
namespace {

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

}  // namespace

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

std::shared_ptr<const ColourProfile> MakeMatrixProfile(std::string name,
                                                       std::shared_ptr<const MatrixParts> parts) {
  return std::make_shared<MatrixProfile>(std::move(name), std::move(parts));
}

}  // namespace recover

#include "codec/working_rows.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace recover {
namespace {

template <typename T>
void ScaleTo(const std::byte* from, float* to, int64_t count, float white) {
  const auto* samples = reinterpret_cast<const T*>(from);
  for (int64_t i = 0; i < count; ++i) {
    to[i] = static_cast<float>(samples[i]) / white;
  }
}

void CopyFinite(const std::byte* from, float* to, int64_t count) {
  const auto* samples = reinterpret_cast<const float*>(from);
  for (int64_t i = 0; i < count; ++i) {
    to[i] = std::isfinite(samples[i]) ? samples[i] : 0;
  }
}

void ClampAlpha(float* pixels, int64_t count, int channels) {
  for (int64_t i = 0; i < count; ++i) {
    float& alpha = pixels[i * channels + channels - 1];
    alpha = std::clamp(alpha, 0.0F, 1.0F);
  }
}

class WorkingRows : public RowSource {
 public:
  WorkingRows(std::unique_ptr<SampleRows> samples, const ColourProfile& profile, bool keep_alpha)
      : samples_(std::move(samples)), converter_(profile.ToWorking()) {
    const SampleLayout& layout = samples_->layout();
    keep_alpha_ = layout.has_alpha && keep_alpha;
    channels_ = (layout.model == ColourModel::kGrey ? 1 : 3) + (keep_alpha_ ? 1 : 0);
    packed_.resize(static_cast<size_t>(layout.row_bytes()));
    floats_.resize(static_cast<size_t>(layout.size.width) * static_cast<size_t>(layout.channels()));
  }

  Size size() const override { return samples_->layout().size; }
  int channels() const override { return channels_; }

  Status Read(MutableImageView rows) override {
    for (int y = 0; y < rows.height(); ++y) {
      RECOVER_RETURN_IF_ERROR(samples_->Read(packed_.data(), 1));
      ConvertRow(rows.row(y));
    }
    return Status::Ok();
  }

 private:
  void ConvertRow(float* out) {
    const SampleLayout& layout = samples_->layout();
    const int width = layout.size.width;
    const int stored = layout.channels();
    const bool is_direct = converter_ == nullptr && stored == channels_;
    float* floats = is_direct ? out : floats_.data();
    const auto count = static_cast<int64_t>(width) * stored;
    if (layout.type == SampleType::kUint8) {
      ScaleTo<uint8_t>(packed_.data(), floats, count, 255.0F);
    } else if (layout.type == SampleType::kUint16) {
      ScaleTo<uint16_t>(packed_.data(), floats, count, 65535.0F);
    } else {
      CopyFinite(packed_.data(), floats, count);
    }
    if (keep_alpha_) {
      ClampAlpha(floats, width, stored);
    }
    if (!is_direct) {
      ConvertColour(floats, stored, out);
    }
  }

  void ConvertColour(const float* floats, int stored, float* out) const {
    const int width = samples_->layout().size.width;
    if (converter_ != nullptr) {
      converter_->Convert(floats, stored, out, channels_, width);
    }
    const int colours = channels_ - (keep_alpha_ ? 1 : 0);
    for (int64_t x = 0; x < width; ++x) {
      if (converter_ == nullptr) {
        std::copy_n(floats + x * stored, colours, out + x * channels_);
      }
      if (keep_alpha_) {
        out[x * channels_ + colours] = floats[x * stored + stored - 1];
      }
    }
  }

  std::unique_ptr<SampleRows> samples_;
  std::unique_ptr<ColourConverter> converter_;
  bool keep_alpha_ = false;
  int channels_ = 0;
  std::vector<std::byte> packed_;
  std::vector<float> floats_;
};

}  // namespace

std::unique_ptr<RowSource> MakeWorkingRows(std::unique_ptr<SampleRows> samples,
                                           const ColourProfile& profile, bool keep_alpha) {
  return std::make_unique<WorkingRows>(std::move(samples), profile, keep_alpha);
}

}  // namespace recover

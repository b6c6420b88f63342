#include "image/tone_rows.h"

#include <algorithm>
#include <cmath>

#include "image/colour.h"

namespace recover {
namespace {

constexpr int kStripRows = 16;
constexpr int kGridSide = 1024;

// Ends that single specks, borders and burnt-out lights do not decide.
constexpr double kBlackShare = 0.005;
constexpr double kWhiteShare = 0.995;

// Where the ends are brought to: a print has neither pure black nor pure white.
constexpr float kBlackTarget = 0.01F;
constexpr float kWhiteTarget = 0.96F;
constexpr float kMaxGain = 2.5F;

// Fading raises blacks and dulls whites; light and haze do either, seldom both. Of 419 training
// photographs (python -m recover_training.tone_survey, 2026-11) 58 % have blacks above 0.03 and 5 %
// blacks above 0.12 with whites below 0.88: too many to change unasked. One tint makes the
// difference: 3 % have it with blacks above 0.06, of the same photographs faded 77 %.
constexpr float kBlackNone = 0.05F;  ///< Blacks up to here are not faded,
constexpr float kBlackFull = 0.12F;  ///< from here on surely.
constexpr float kWhiteFull = 0.92F;  ///< Whites up to here are surely faded,
constexpr float kWhiteNone = 0.98F;  ///< from here on not.

// A range as small as this is no faded photograph but a flat picture.
constexpr float kLeastRange = 0.10F;

// One tint after grain and JPEG: sepia made from the same photographs stays below 0.0056, 95 % of
// those in colour lie above 0.0068.
constexpr double kOneTint = 0.007;

float SmoothStep(float low, float high, float x) {
  const float t = std::clamp((x - low) / (high - low), 0.0F, 1.0F);
  return t * t * (3 - 2 * t);
}

std::array<float, 3> ColourOf(const float* pixel, int channels) {
  if (ColourChannels(channels) == 1) return {pixel[0], pixel[0], pixel[0]};
  return {pixel[0], pixel[1], pixel[2]};
}

int BinOf(float value, int bins) {
  if (!(value > 0)) return 0;  // NaN too
  return static_cast<int>(std::min(value * static_cast<float>(bins), static_cast<float>(bins - 1)));
}

ToneCurve Between(const ToneCurve& full, float strength) {
  ToneCurve curve = full;
  for (int c = 0; c < 3; ++c) {
    curve.gain[c] = 1 + strength * (full.gain[c] - 1);
    // The line through what the identity and the full curve make of black.
    curve.offset[c] = strength * full.offset[c] * full.gain[c] / curve.gain[c];
  }
  return curve;
}

struct Ends {
  float black;
  float white;
  std::array<float, 3> dark;  ///< Colour of the darkest part.
};

Ends EndsOf(const ToneStatistics& statistics) {
  const float black = statistics.LumaAt(kBlackShare);
  return {black, statistics.LumaAt(kWhiteShare), statistics.MeanColour(0, black)};
}

float GainFor(float black, float white) {
  return std::clamp((kWhiteTarget - kBlackTarget) / std::max(white - black, 0.01F), 1.0F, kMaxGain);
}

/// How surely the picture is faded: 0 = not, 1 = in full.
float FadingOf(const Ends& ends, bool one_tint) {
  if (!one_tint) return 0;
  const float range = ends.white - ends.black;
  return SmoothStep(kBlackNone, kBlackFull, ends.black) *
         (1 - SmoothStep(kWhiteFull, kWhiteNone, ends.white)) *
         SmoothStep(kLeastRange, 2 * kLeastRange, range);
}

ToneCurve AutoCurve(const Ends& ends, bool one_tint) {
  const float strength = FadingOf(ends, one_tint);
  ToneCurve full;
  const float gain = GainFor(ends.black, ends.white);
  for (int c = 0; c < 3; ++c) {
    // A dark blue coat is no tint of the paper: the offset follows the colour only so far.
    const float tinted = std::clamp(ends.dark[c], 0.75F * ends.black, 1.25F * ends.black);
    full.gain[c] = gain;
    full.offset[c] = tinted - kBlackTarget / gain;
  }
  return Between(full, strength);
}

/// Of one tint: grey at full range.
ToneCurve GreyCurve(const Ends& ends) {
  ToneCurve curve;
  curve.to_grey = true;
  curve.gain.fill(GainFor(ends.black, ends.white));
  curve.offset.fill(ends.black - kBlackTarget / curve.gain[0]);
  return curve;
}

/// Each channel to the same ends, as far as that is still likely to be a cast and not the subject.
ToneCurve CastFreeCurve(const ToneStatistics& statistics, const Ends& ends) {
  constexpr float kMostUneven = 1.35F;
  const float common = GainFor(ends.black, ends.white);
  ToneCurve curve;
  for (int c = 0; c < 3; ++c) {
    const float dark = statistics.ChannelAt(c, kBlackShare);
    const float gain = GainFor(dark, statistics.ChannelAt(c, kWhiteShare));
    curve.gain[c] = std::clamp(gain, common / kMostUneven, common * kMostUneven);
    curve.offset[c] = dark - kBlackTarget / curve.gain[c];
  }
  return curve;
}

}  // namespace

void ToneStatistics::Add(const std::array<float, 3>& rgb) {
  const int bin = BinOf(Luma(rgb[0], rgb[1], rgb[2]), kBins);
  ++count_;
  ++bins_[3][bin];
  for (int c = 0; c < 3; ++c) {
    ++bins_[c][BinOf(rgb[c], kBins)];
    sums_[bin][c] += rgb[c];
    sum_[c] += rgb[c];
    products_[c] += static_cast<double>(rgb[c]) * rgb[c];
  }
  products_[3] += static_cast<double>(rgb[0]) * rgb[1];
  products_[4] += static_cast<double>(rgb[0]) * rgb[2];
  products_[5] += static_cast<double>(rgb[1]) * rgb[2];
}

Result<ToneStatistics> ToneStatistics::Measure(RowSource& rows, const RunContext& context) {
  ToneStatistics statistics;
  const Size size = rows.size();
  const int channels = rows.channels();
  const int step_x = std::max(1, size.width / kGridSide);
  const int step_y = std::max(1, size.height / kGridSide);
  Image strip({size.width, std::min(kStripRows, size.height)}, channels);
  for (int y = 0; y < size.height; y += kStripRows) {
    RECOVER_RETURN_IF_ERROR(context.CheckStop());
    const int count = std::min(kStripRows, size.height - y);
    const MutableImageView view = strip.view().Crop({0, 0, size.width, count});
    RECOVER_RETURN_IF_ERROR(rows.Read(view));
    for (int row = 0; row < count; ++row) {
      if ((y + row) % step_y != 0) continue;
      for (int x = 0; x < size.width; x += step_x) {
        const float* pixel = view.pixel(x, row);
        if (HasAlpha(channels) && pixel[channels - 1] < 0.5F) continue;
        statistics.Add(ColourOf(pixel, channels));
      }
    }
  }
  return statistics;
}

float ToneStatistics::At(const Histogram& histogram, double share) const {
  int64_t below = 0;
  const auto wanted = static_cast<int64_t>(share * static_cast<double>(count_));
  for (int bin = 0; bin < kBins; ++bin) {
    below += histogram[bin];
    if (below > wanted) return (static_cast<float>(bin) + 0.5F) / kBins;
  }
  return 1.0F;
}

std::array<float, 3> ToneStatistics::MeanColour(float low_luma, float high_luma) const {
  const int first = BinOf(low_luma, kBins);
  const int last = BinOf(high_luma, kBins);
  std::array<double, 3> sum = {};
  int64_t count = 0;
  for (int bin = first; bin <= last; ++bin) {
    count += bins_[3][bin];
    for (int c = 0; c < 3; ++c) sum[c] += sums_[bin][c];
  }
  if (count == 0) return {low_luma, low_luma, low_luma};
  std::array<float, 3> mean;
  for (int c = 0; c < 3; ++c) mean[c] = static_cast<float>(sum[c] / static_cast<double>(count));
  return mean;
}

double ToneStatistics::OffLineShare() const {
  if (count_ == 0) return 0;
  const auto n = static_cast<double>(count_);
  const std::array<double, 3> mean = {sum_[0] / n, sum_[1] / n, sum_[2] / n};
  const double rr = products_[0] / n - mean[0] * mean[0];
  const double gg = products_[1] / n - mean[1] * mean[1];
  const double bb = products_[2] / n - mean[2] * mean[2];
  const double rg = products_[3] / n - mean[0] * mean[1];
  const double rb = products_[4] / n - mean[0] * mean[2];
  const double gb = products_[5] / n - mean[1] * mean[2];
  const double total = rr + gg + bb;
  if (total < 1e-6) return 0;
  // The largest eigenvalue of the covariance, by power iteration from the grey axis.
  std::array<double, 3> v = {1, 1, 1};
  double along = 0;
  for (int i = 0; i < 50; ++i) {
    const std::array<double, 3> w = {rr * v[0] + rg * v[1] + rb * v[2],
                                     rg * v[0] + gg * v[1] + gb * v[2],
                                     rb * v[0] + gb * v[1] + bb * v[2]};
    along = std::sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]);
    if (along < 1e-12) return 1;
    for (int c = 0; c < 3; ++c) v[c] = w[c] / along;
  }
  return std::clamp(1 - along / total, 0.0, 1.0);
}

bool ToneCurve::is_identity() const {
  return !to_grey && offset == std::array<float, 3>{0, 0, 0} &&
         gain == std::array<float, 3>{1, 1, 1};
}

ToneCurve PlanTone(const ToneStatistics& statistics, ToneMode mode) {
  if (mode == ToneMode::kKeep || statistics.count() == 0) return {};
  const Ends ends = EndsOf(statistics);
  const bool one_tint = statistics.OffLineShare() < kOneTint;
  if (mode == ToneMode::kAuto) return AutoCurve(ends, one_tint);
  return one_tint ? GreyCurve(ends) : CastFreeCurve(statistics, ends);
}

ToneRows::ToneRows(std::unique_ptr<RowSource> source, const ToneCurve& curve)
    : source_(std::move(source)), curve_(curve) {}

Status ToneRows::Read(MutableImageView rows) {
  RECOVER_RETURN_IF_ERROR(source_->Read(rows));
  const int channels = rows.channels();
  const int colours = ColourChannels(channels);
  for (int y = 0; y < rows.height(); ++y) {
    for (int x = 0; x < rows.width(); ++x) {
      float* pixel = rows.pixel(x, y);
      if (curve_.to_grey && colours == 3) {
        std::fill_n(pixel, 3, Luma(pixel[0], pixel[1], pixel[2]));
      }
      for (int c = 0; c < colours; ++c) {
        pixel[c] = curve_.gain[c] * (pixel[c] - curve_.offset[c]);
      }
    }
  }
  return Status::Ok();
}

}  // namespace recover

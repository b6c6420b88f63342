// Tone of faded photographs: raised blacks and dull whites brought back, by one straight
// line per channel that is found from statistics of the whole picture.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/run_context.h"
#include "image/row_source.h"

namespace recover {

enum class ToneMode {
  kAuto,     ///< Faded grey and sepia pictures get their range back and keep their tint.
  kKeep,     ///< Nothing is done.
  kNeutral,  ///< Full range, and the cast goes too: sepia becomes grey.
};

/// What a picture's tones are like, from a regular grid of at most about 1024 x 1024 of its
/// pixels, transparent ones left out. A value type.
class ToneStatistics {
 public:
  /// Reads all of `rows` (1 to 4 channels). Looks at the stop token every few rows; reports no
  /// progress. Errors: the source's, kCancelled. Memory: a strip of rows. O(pixels).
  static Result<ToneStatistics> Measure(RowSource& rows, const RunContext& context);

  int64_t count() const { return count_; }
  /// Luma below which `share` of the samples lie, to 1/1024.
  float LumaAt(double share) const { return At(bins_[3], share); }
  /// The same of R, G or B (0, 1, 2).
  float ChannelAt(int channel, double share) const { return At(bins_[channel], share); }
  /// Mean colour of the samples whose luma lies between the two.
  std::array<float, 3> MeanColour(float low_luma, float high_luma) const;
  /// Share of the variance that lies beside one line of colours: 0 = grey or one tint.
  double OffLineShare() const;

 private:
  static constexpr int kBins = 1024;
  using Histogram = std::vector<int64_t>;
  void Add(const std::array<float, 3>& rgb);
  float At(const Histogram& histogram, double share) const;

  int64_t count_ = 0;
  std::array<Histogram, 4> bins_ = {Histogram(kBins), Histogram(kBins), Histogram(kBins),
                                    Histogram(kBins)};  ///< R, G, B, luma.
  std::vector<std::array<double, 3>> sums_ =
      std::vector<std::array<double, 3>>(kBins, std::array<double, 3>{});  ///< Of colour, by luma.
  std::array<double, 3> sum_ = {};
  std::array<double, 6> products_ = {};  ///< rr, gg, bb, rg, rb, gb.
};

/// out = gain * (in - offset) for each of R, G, B; after that grey where asked.
struct ToneCurve {
  std::array<float, 3> offset = {0, 0, 0};
  std::array<float, 3> gain = {1, 1, 1};
  bool to_grey = false;

  bool is_identity() const;
};

/// The curve for a picture. kAuto acts on pictures that are grey or of one tint, where blacks are
/// raised and whites dull; between "not faded" and "faded" it fades in. The tint is kept: offsets
/// follow the colour of the darkest part, the gain is one for all channels. Gains end at 2.5.
ToneCurve PlanTone(const ToneStatistics& statistics, ToneMode mode);

/// Applies the curve; alpha is untouched. Grey pictures use the first channel's line.
class ToneRows final : public RowSource {
 public:
  ToneRows(std::unique_ptr<RowSource> source, const ToneCurve& curve);

  Size size() const override { return source_->size(); }
  int channels() const override { return source_->channels(); }
  Status Read(MutableImageView rows) override;

 private:
  std::unique_ptr<RowSource> source_;
  ToneCurve curve_;
};

}  // namespace recover

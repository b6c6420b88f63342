#include "image/tile_plan.h"

#include <algorithm>

namespace recover {
namespace {

int RoundUp(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

}  // namespace

std::vector<TilePlan::Span> TilePlan::CutAxis(int length_px, const TilePlanOptions& options,
                                              int* tile_px) {
  const int multiple = options.multiple_px;
  const int padded = RoundUp(length_px, multiple);
  const int overlap = RoundUp(2 * options.radius_px, multiple);
  const int longest = RoundUp(options.core_px, multiple) + overlap;
  // k tiles of length t with the overlap between each pair cover k t - (k - 1) overlap.
  const int core = longest - overlap;
  const int count = padded <= longest ? 1 : (padded - overlap + core - 1) / core;
  *tile_px = RoundUp((padded + (count - 1) * overlap + count - 1) / count, multiple);

  std::vector<Span> spans(count);
  for (int i = 0; i < count; ++i) {
    // Evenly spread origins; rounding down to the grid leaves no gap over the
    // largest step, which is itself on the grid.
    const int64_t slack = padded - *tile_px;
    const int64_t even = count == 1 ? 0 : slack * i / (count - 1);
    spans[i].input_begin = static_cast<int>(i + 1 == count ? slack : even / multiple * multiple);
  }
  // Each cut runs through the middle of an overlap.
  spans.front().core_begin = 0;
  for (int i = 1; i < count; ++i) {
    const int overlap_end = spans[i - 1].input_begin + *tile_px;
    const int cut = (spans[i].input_begin + overlap_end) / 2;
    spans[i - 1].core_end = cut;
    spans[i].core_begin = cut;
  }
  spans.back().core_end = length_px;
  return spans;
}

TilePlan::TilePlan(Size picture, const TilePlanOptions& options) : picture_(picture) {
  RECOVER_CHECK(picture.width >= 1 && picture.height >= 1);
  RECOVER_CHECK(options.core_px >= 1 && options.multiple_px >= 1 && options.radius_px >= 0);
  padded_ = {RoundUp(picture.width, options.multiple_px),
             RoundUp(picture.height, options.multiple_px)};
  across_ = CutAxis(picture.width, options, &tile_size_.width);
  down_ = CutAxis(picture.height, options, &tile_size_.height);
}

Tile TilePlan::tile(int column, int band) const {
  const Span& x = across_.at(column);
  const Span& y = down_.at(band);
  return {{x.input_begin, y.input_begin, tile_size_.width, tile_size_.height},
          {x.core_begin, y.core_begin, x.core_end - x.core_begin, y.core_end - y.core_begin}};
}

double TilePlan::work_ratio() const {
  return static_cast<double>(tile_size_.area()) * columns() * bands() /
         static_cast<double>(picture_.area());
}

int ReflectIndex(int i, int length) {
  if (length == 1) {
    return 0;
  }
  const int period = 2 * (length - 1);
  const int phase = i % period;
  return phase < length ? phase : period - phase;
}

}  // namespace recover

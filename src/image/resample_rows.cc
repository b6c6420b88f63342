// The picture is filtered across as its rows arrive and down as they leave, so
// that only the rows under the vertical filter are held. Each row is made by the
// same sums in the same order whoever asks for it: threads and chunks share no
// arithmetic.
#include "image/resample_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "image/for_rows.h"

namespace recover {
namespace {

/// Input rows read and filtered across at once.
constexpr int kBatchRows = 64;

RectF EffectiveCrop(Size source, const ResampleOptions& options) {
  if (options.crop.width > 0) {
    return options.crop;
  }
  return {0, 0, static_cast<double>(source.width), static_cast<double>(source.height)};
}

/// The taps of one axis; the rounding error of from + length may not pass the edge.
FilterTaps AxisTaps(int source_px, double from, double length, int output_px) {
  return LanczosTaps(source_px, from, std::min<double>(from + length, source_px), output_px);
}

bool IsWhole(const RectF& crop, Size source) {
  return crop.x == 0 && crop.y == 0 && crop.width == source.width && crop.height == source.height;
}

/// Output rows worked on together: many when enlarging, few when shrinking, so
/// that the ring stays near the filter's own height.
int ChunkRows(const RectF& crop, const ResampleOptions& options) {
  const double rows_per_output = crop.height / options.size.height;
  return std::clamp(static_cast<int>(kBatchRows / rows_per_output), 1, kBatchRows);
}

/// The most input rows that `chunk_rows` output rows in a row look at.
int RingRows(const FilterTaps& down, int chunk_rows) {
  int most = 0;
  for (int y = 0; y < down.size(); ++y) {
    const int last = std::min(down.size(), y + chunk_rows) - 1;
    most = std::max(most, down.end(last) - down.first[y]);
  }
  return most;
}

/// Each weight once per channel, so that weights and samples lie alike in memory.
std::vector<float> RepeatPerChannel(const std::vector<float>& weights, int channels) {
  std::vector<float> repeated;
  repeated.reserve(weights.size() * channels);
  for (const float weight : weights) {
    repeated.insert(repeated.end(), channels, weight);
  }
  return repeated;
}

/// Four floats that the compiler keeps in one register (GCC and Clang).
using Vector = float __attribute__((vector_size(16)));

Vector LoadVector(const float* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof(vector));
  return vector;
}

/// sums[c] = the sum of weight[i] * from[i] over all i < count with i mod kChannels
/// == c; count is a multiple of 12, which is one of 4 floats and of 1 to 4 channels.
template <int kChannels>
void SumWholeVectors(const float* weight, const float* from, int count, float* sums) {
  Vector lanes[3] = {};
  for (int k = 0; k < count; k += 12) {
    lanes[0] += LoadVector(weight + k) * LoadVector(from + k);
    lanes[1] += LoadVector(weight + k + 4) * LoadVector(from + k + 4);
    lanes[2] += LoadVector(weight + k + 8) * LoadVector(from + k + 8);
  }
  for (int i = 0; i < 12; ++i) {
    sums[i % kChannels] += lanes[i / 4][i % 4];
  }
}

/// `repeated`: RepeatPerChannel of the weights.
template <int kChannels>
void FilterAcross(const FilterTaps& taps, const float* repeated, const float* in, float* out) {
  // Short filters (enlarging) do not repay the adding up of lanes.
  constexpr int kWorthVectors = 24;
  for (int x = 0; x < taps.size(); ++x) {
    const float* weights = taps.weights_of(x);
    const float* from = in + static_cast<ptrdiff_t>(taps.first[x]) * kChannels;
    const int samples = taps.count[x] * kChannels;
    float sums[kChannels] = {};
    int tap = 0;
    if (samples >= kWorthVectors) {
      const int whole = samples / 12 * 12;
      const ptrdiff_t at = static_cast<ptrdiff_t>(x) * taps.max_count * kChannels;
      SumWholeVectors<kChannels>(repeated + at, from, whole, sums);
      tap = whole / kChannels;
    }
    for (; tap < taps.count[x]; ++tap) {
      for (int c = 0; c < kChannels; ++c) {
        sums[c] += weights[tap] * from[tap * kChannels + c];
      }
    }
    for (int c = 0; c < kChannels; ++c) {
      out[x * kChannels + c] = sums[c];
    }
  }
}

void FilterAcross(const FilterTaps& taps, const float* repeated, int channels, const float* in,
                  float* out) {
  if (taps.is_copy) {
    const float* from = in + static_cast<ptrdiff_t>(taps.first[0]) * channels;
    std::copy(from, from + static_cast<ptrdiff_t>(taps.size()) * channels, out);
    return;
  }
  switch (channels) {
    case 1:
      return FilterAcross<1>(taps, repeated, in, out);
    case 2:
      return FilterAcross<2>(taps, repeated, in, out);
    case 3:
      return FilterAcross<3>(taps, repeated, in, out);
    default:
      return FilterAcross<4>(taps, repeated, in, out);
  }
}

}  // namespace

RectF CropToFill(Size source, Size target) {
  RECOVER_CHECK(source.area() > 0 && target.area() > 0);
  RectF crop{0, 0, static_cast<double>(source.width), static_cast<double>(source.height)};
  const double shape = static_cast<double>(target.width) / target.height;
  if (crop.width > crop.height * shape) {
    crop.width = crop.height * shape;
    crop.x = (source.width - crop.width) / 2;
  } else {
    crop.height = crop.width / shape;
    crop.y = (source.height - crop.height) / 2;
  }
  return crop;
}

ResampleRows::ResampleRows(std::unique_ptr<RowSource> source, const ResampleOptions& options,
                           ThreadPool* pool)
    : source_(std::move(source)), options_(options), pool_(pool) {
  const Size from = source_->size();
  const RectF crop = EffectiveCrop(from, options);
  if (IsWhole(crop, from) && options.size == from) {
    return;
  }
  across_ = AxisTaps(from.width, crop.x, crop.width, options.size.width);
  down_ = AxisTaps(from.height, crop.y, crop.height, options.size.height);
  across_weights_ = RepeatPerChannel(across_.weights, channels());
  chunk_rows_ = ChunkRows(crop, options);
  ring_rows_ = RingRows(down_, chunk_rows_);
  ring_.resize(static_cast<size_t>(ring_rows_) * options.size.width * channels());
  staging_ = Image({from.width, std::min(kBatchRows, from.height)}, channels());
}

int64_t ResampleRows::MemoryBytes(Size source, int channels, const ResampleOptions& options) {
  const RectF crop = EffectiveCrop(source, options);
  if (IsWhole(crop, source) && options.size == source) {
    return 0;
  }
  const FilterTaps down = AxisTaps(source.height, crop.y, crop.height, options.size.height);
  const int64_t ring = int64_t{RingRows(down, ChunkRows(crop, options))} * options.size.width;
  const int64_t staging = int64_t{std::min(kBatchRows, source.height)} * source.width;
  const double shrink_x = std::max(1.0, crop.width / options.size.width);
  const double taps =
      7.0 * shrink_x * options.size.width + static_cast<double>(down.weights.size());
  return (ring + staging) * channels * int64_t{sizeof(float)} +
         static_cast<int64_t>(taps * sizeof(float));
}

float* ResampleRows::RingRow(int input_y) {
  const ptrdiff_t row_samples = static_cast<ptrdiff_t>(options_.size.width) * channels();
  return ring_.data() + (input_y % ring_rows_) * row_samples;
}

/// Reads on to input row `end` without keeping anything.
Status ResampleRows::SkipInput(int end) {
  while (next_input_ < end) {
    const int height = std::min(staging_.height(), end - next_input_);
    RECOVER_RETURN_IF_ERROR(source_->Read(staging_.view().Crop({0, 0, staging_.width(), height})));
    next_input_ += height;
  }
  return Status::Ok();
}

/// Reads and filters across up to input row `end`.
Status ResampleRows::PullInput(int end) {
  while (next_input_ < end) {
    const int height = std::min(staging_.height(), end - next_input_);
    RECOVER_RETURN_IF_ERROR(source_->Read(staging_.view().Crop({0, 0, staging_.width(), height})));
    ForRows(pool_, height, [&](int y) {
      FilterAcross(across_, across_weights_.data(), channels(), staging_.view().row(y),
                   RingRow(next_input_ + y));
    });
    next_input_ += height;
  }
  return Status::Ok();
}

void ResampleRows::FilterRow(int output_y, float* out) {
  // Blocks that stay in the first-level cache while the taps run over them.
  constexpr ptrdiff_t kBlock = 1024;
  const ptrdiff_t samples = static_cast<ptrdiff_t>(options_.size.width) * channels();
  const float* weights = down_.weights_of(output_y);
  for (ptrdiff_t begin = 0; begin < samples; begin += kBlock) {
    const ptrdiff_t count = std::min(kBlock, samples - begin);
    float* to = out + begin;
    const float* from = RingRow(down_.first[output_y]) + begin;
    for (ptrdiff_t i = 0; i < count; ++i) {
      to[i] = weights[0] * from[i];
    }
    for (int k = 1; k < down_.count[output_y]; ++k) {
      const float weight = weights[k];
      const float* row = RingRow(down_.first[output_y] + k) + begin;
      for (ptrdiff_t i = 0; i < count; ++i) {
        to[i] += weight * row[i];
      }
    }
    if (options_.clamp_unit) {
      for (ptrdiff_t i = 0; i < count; ++i) {
        to[i] = std::clamp(to[i], 0.0F, 1.0F);
      }
    }
  }
}

Status ResampleRows::Read(MutableImageView rows) {
  RECOVER_CHECK(rows.width() == options_.size.width && rows.channels() == channels());
  RECOVER_CHECK(rows.height() <= options_.size.height - next_output_);
  if (is_pass_through()) {
    next_output_ += rows.height();
    return source_->Read(rows);
  }
  for (int done = 0; done < rows.height();) {
    const int count = std::min(chunk_rows_, rows.height() - done);
    RECOVER_RETURN_IF_ERROR(SkipInput(down_.first[next_output_]));
    RECOVER_RETURN_IF_ERROR(PullInput(down_.end(next_output_ + count - 1)));
    ForRows(pool_, count, [&](int y) { FilterRow(next_output_ + y, rows.row(done + y)); });
    next_output_ += count;
    done += count;
  }
  return Status::Ok();
}

}  // namespace recover

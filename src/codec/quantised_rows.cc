#include "codec/quantised_rows.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace recover {
namespace {

// Enough that a source which works in strips is not asked for single rows; little beside its own
// memory.
constexpr int kStripRows = 16;

/// `value > 0` is false for not-a-number, which so becomes 0.
template <typename T>
void Quantise(const float* from, T* to, int64_t count, float white) {
  for (int64_t i = 0; i < count; ++i) {
    const float value = from[i] > 0 ? from[i] : 0;
    to[i] = static_cast<T>((value < 1 ? value : 1) * white + 0.5F);
  }
}

}  // namespace

QuantisedRows::QuantisedRows(RowSource& rows, std::unique_ptr<ColourConverter> converter,
                             int bits_per_sample, bool flatten_alpha)
    : rows_(&rows),
      converter_(std::move(converter)),
      bits_per_sample_(bits_per_sample),
      flatten_alpha_(flatten_alpha && rows.channels() % 2 == 0),
      channels_(flatten_alpha_ ? rows.channels() - 1 : rows.channels()) {}

Status QuantisedRows::Refill() {
  const Size size = rows_->size();
  const int channels = rows_->channels();
  const ptrdiff_t stride = static_cast<ptrdiff_t>(size.width) * channels;
  strip_begin_ = next_row_;
  strip_rows_ = std::min(kStripRows, size.height - next_row_);
  strip_.resize(static_cast<size_t>(strip_rows_) * static_cast<size_t>(stride));
  return rows_->Read({strip_.data(), {size.width, strip_rows_}, channels, stride});
}

void QuantisedRows::Flatten(float* row) const {
  const int from_channels = rows_->channels();
  for (int x = 0; x < size().width; ++x) {
    const float* from = row + static_cast<ptrdiff_t>(x) * from_channels;
    const float alpha = from[from_channels - 1];
    for (int c = 0; c < channels_; ++c) {
      row[static_cast<ptrdiff_t>(x) * channels_ + c] = 1 + alpha * (from[c] - 1);
    }
  }
}

Status QuantisedRows::ReadRow(void* out) {
  RECOVER_CHECK(next_row_ < size().height);
  if (next_row_ >= strip_begin_ + strip_rows_) {
    RECOVER_RETURN_IF_ERROR(Refill());
  }
  const int channels = rows_->channels();
  float* row =
      strip_.data() + static_cast<ptrdiff_t>(next_row_ - strip_begin_) * size().width * channels;
  if (converter_ != nullptr) {
    converter_->Convert(row, channels, row, channels, size().width);
  }
  if (flatten_alpha_) {
    Flatten(row);
  }
  const int64_t count = int64_t{size().width} * channels_;
  if (bits_per_sample_ == 8) {
    Quantise(row, static_cast<uint8_t*>(out), count, 255.0F);
  } else {
    Quantise(row, static_cast<uint16_t*>(out), count, 65535.0F);
  }
  ++next_row_;
  return Status::Ok();
}

}  // namespace recover

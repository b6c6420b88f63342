#include "restore/row_ring.h"

#include <algorithm>

namespace recover {

RowRing::RowRing(Size picture, int channels, int capacity_rows)
    : picture_(picture),
      channels_(channels),
      capacity_(std::min(capacity_rows, picture.height)),
      samples_(static_cast<size_t>(picture.width) * channels * capacity_) {}

int64_t RowRing::MemoryBytes(Size picture, int channels, int capacity_rows) {
  return int64_t{picture.width} * channels * std::min(capacity_rows, picture.height) *
         int64_t{sizeof(float)};
}

Status RowRing::PullTo(RowSource& source, int end) {
  RECOVER_CHECK(end <= picture_.height);
  const ptrdiff_t row_samples = static_cast<ptrdiff_t>(picture_.width) * channels_;
  while (end_ < end) {
    // Up to where the ring's memory turns over.
    const int slot = end_ % capacity_;
    const int count = std::min(end - end_, capacity_ - slot);
    RECOVER_RETURN_IF_ERROR(source.Read(
        {samples_.data() + slot * row_samples, {picture_.width, count}, channels_, row_samples}));
    end_ += count;
  }
  return Status::Ok();
}

const float* RowRing::Row(int y) const {
  RECOVER_CHECK(y < end_ && y >= end_ - capacity_ && y >= 0);
  return samples_.data() + static_cast<ptrdiff_t>(y % capacity_) * picture_.width * channels_;
}

}  // namespace recover

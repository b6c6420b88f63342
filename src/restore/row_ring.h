// The last rows of a stream, kept for the tiles that look at them.
#pragma once

#include <cstdint>
#include <vector>

#include "image/row_source.h"

namespace recover {

/// Holds the most recent `capacity` rows read from a source. Reading is for one
/// thread; Row() for any number while nobody reads.
class RowRing {
 public:
  RowRing(Size picture, int channels, int capacity_rows);

  /// Reads on until row `end` - 1 is held.
  Status PullTo(RowSource& source, int end);

  /// One past the last row read.
  int end() const { return end_; }

  /// Row y of the picture: end() - capacity <= y < end().
  const float* Row(int y) const;

  static int64_t MemoryBytes(Size picture, int channels, int capacity_rows);

 private:
  Size picture_;
  int channels_;
  int capacity_;
  int end_ = 0;
  std::vector<float> samples_;
};

}  // namespace recover

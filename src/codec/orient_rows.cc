// Rows 3 and 4 are stored rows read from the bottom. Rows 5..8 are stored columns: a strip of
// upright rows is a block of stored columns, read with one access per stored row.
#include "codec/orient_rows.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "codec/spool.h"

namespace recover {
namespace {

constexpr int64_t kBlockBytes = int64_t{16} << 20;

bool SwapsSides(int orientation) { return orientation >= 5; }

void MirrorRow(std::byte* row, int width, size_t pixel_bytes) {
  for (int left = 0, right = width - 1; left < right; ++left, --right) {
    std::byte* a = row + static_cast<size_t>(left) * pixel_bytes;
    std::swap_ranges(a, a + pixel_bytes, row + static_cast<size_t>(right) * pixel_bytes);
  }
}

class MirroredRows : public SampleRows {
 public:
  explicit MirroredRows(std::unique_ptr<SampleRows> rows) : rows_(std::move(rows)) {}
  const SampleLayout& layout() const override { return rows_->layout(); }

  Status Read(std::byte* out, int rows) override {
    RECOVER_RETURN_IF_ERROR(rows_->Read(out, rows));
    for (int y = 0; y < rows; ++y) {
      MirrorRow(out + y * layout().row_bytes(), layout().size.width,
                static_cast<size_t>(layout().pixel_bytes()));
    }
    return Status::Ok();
  }

 private:
  std::unique_ptr<SampleRows> rows_;
};

class SpooledRows : public SampleRows {
 public:
  SpooledRows(Spool spool, const SampleLayout& stored, int orientation)
      : spool_(std::move(spool)), stored_(stored), layout_(stored), orientation_(orientation) {
    layout_.size = OrientedSize(stored.size, orientation);
  }

  const SampleLayout& layout() const override { return layout_; }

  Status Read(std::byte* out, int rows) override {
    for (int y = 0; y < rows; ++y, ++next_row_) {
      std::byte* row = out + y * layout_.row_bytes();
      if (SwapsSides(orientation_)) {
        RECOVER_RETURN_IF_ERROR(ReadColumn(row));
      } else {
        const int64_t stored_y = stored_.size.height - 1 - next_row_;
        RECOVER_RETURN_IF_ERROR(
            spool_.Read(stored_y * stored_.row_bytes(), row, stored_.row_bytes()));
        if (orientation_ == 3) {
          MirrorRow(row, layout_.size.width, static_cast<size_t>(layout_.pixel_bytes()));
        }
      }
    }
    return Status::Ok();
  }

 private:
  Status ReadColumn(std::byte* row) {
    const int column = StoredPosition(0, next_row_, stored_.size, orientation_).x;
    if (block_width_ == 0 || column < block_x_ || column >= block_x_ + block_width_) {
      RECOVER_RETURN_IF_ERROR(LoadBlock(column));
    }
    const bool from_bottom = StoredPosition(0, next_row_, stored_.size, orientation_).y != 0;
    const auto pixel = static_cast<size_t>(stored_.pixel_bytes());
    const size_t stride = static_cast<size_t>(block_width_) * pixel;
    const std::byte* from = block_.data() + static_cast<size_t>(column - block_x_) * pixel;
    for (int i = 0; i < stored_.size.height; ++i) {
      const int stored_y = from_bottom ? stored_.size.height - 1 - i : i;
      std::memcpy(row + static_cast<size_t>(i) * pixel,
                  from + static_cast<size_t>(stored_y) * stride, pixel);
    }
    return Status::Ok();
  }

  /// The aligned block of stored columns that holds `column`.
  Status LoadBlock(int column) {
    const int64_t pixel = stored_.pixel_bytes();
    const int64_t fitting = kBlockBytes / (pixel * stored_.size.height);
    const int width = static_cast<int>(std::clamp<int64_t>(fitting, 1, stored_.size.width));
    block_x_ = column / width * width;
    block_width_ = std::min(width, stored_.size.width - block_x_);
    block_.resize(static_cast<size_t>(block_width_ * pixel * stored_.size.height));
    for (int y = 0; y < stored_.size.height; ++y) {
      RECOVER_RETURN_IF_ERROR(spool_.Read(y * stored_.row_bytes() + block_x_ * pixel,
                                          block_.data() + y * block_width_ * pixel,
                                          block_width_ * pixel));
    }
    return Status::Ok();
  }

  Spool spool_;
  SampleLayout stored_;
  SampleLayout layout_;
  int orientation_;
  int next_row_ = 0;
  std::vector<std::byte> block_;
  int block_x_ = 0;
  int block_width_ = 0;
};

Result<Spool> SpoolAll(SampleRows& rows, int64_t budget_bytes, const std::filesystem::path& dir,
                       const std::stop_token& stop) {
  const SampleLayout& layout = rows.layout();
  RECOVER_ASSIGN_OR_RETURN(
      Spool spool, Spool::Create(layout.row_bytes() * layout.size.height, budget_bytes, dir));
  const int strip_rows =
      static_cast<int>(std::clamp<int64_t>((int64_t{1} << 20) / layout.row_bytes(), 1, 64));
  std::vector<std::byte> strip(static_cast<size_t>(strip_rows * layout.row_bytes()));
  for (int y = 0; y < layout.size.height; y += strip_rows) {
    if (stop.stop_requested()) {
      return Status(StatusCode::kCancelled, "stopped while the picture was being turned upright");
    }
    const int count = std::min(strip_rows, layout.size.height - y);
    RECOVER_RETURN_IF_ERROR(rows.Read(strip.data(), count));
    RECOVER_RETURN_IF_ERROR(
        spool.Write(y * layout.row_bytes(), strip.data(), count * layout.row_bytes()));
  }
  return spool;
}

}  // namespace

Size OrientedSize(Size stored, int orientation) {
  return SwapsSides(orientation) ? Size{stored.height, stored.width} : stored;
}

PixelPosition StoredPosition(int x, int y, Size stored, int orientation) {
  const int right = stored.width - 1;
  const int bottom = stored.height - 1;
  switch (orientation) {
    case 2:
      return {right - x, y};
    case 3:
      return {right - x, bottom - y};
    case 4:
      return {x, bottom - y};
    case 5:
      return {y, x};
    case 6:
      return {y, bottom - x};
    case 7:
      return {right - y, bottom - x};
    case 8:
      return {right - y, x};
    default:
      return {x, y};
  }
}

Result<std::unique_ptr<SampleRows>> OrientRows(std::unique_ptr<SampleRows> rows, int orientation,
                                               int64_t spool_budget_bytes,
                                               const std::filesystem::path& spool_dir,
                                               const std::stop_token& stop) {
  if (orientation <= 1 || orientation > 8) {
    return rows;
  }
  if (orientation == 2) {
    return std::unique_ptr<SampleRows>(std::make_unique<MirroredRows>(std::move(rows)));
  }
  const SampleLayout stored = rows->layout();
  RECOVER_ASSIGN_OR_RETURN(Spool spool, SpoolAll(*rows, spool_budget_bytes, spool_dir, stop));
  rows.reset();  // the decoder's memory goes before the spool is read
  return std::unique_ptr<SampleRows>(
      std::make_unique<SpooledRows>(std::move(spool), stored, orientation));
}

}  // namespace recover

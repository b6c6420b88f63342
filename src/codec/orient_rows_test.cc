#include "codec/orient_rows.h"

#include <algorithm>
#include <cstring>
#include <stop_token>
#include <vector>

#include <gtest/gtest.h>

#include "codec/test_pictures.h"

namespace recover {
namespace {

/// Pixels of two bytes that name their stored place.
class NumberedRows : public SampleRows {
 public:
  explicit NumberedRows(Size size) {
    layout_.size = size;
    layout_.type = SampleType::kUint16;
    layout_.model = ColourModel::kGrey;
  }
  const SampleLayout& layout() const override { return layout_; }
  Status Read(std::byte* out, int rows) override {
    auto* samples = reinterpret_cast<uint16_t*>(out);
    for (int i = 0; i < rows * layout_.size.width; ++i) {
      samples[i] = next_++;
    }
    return Status::Ok();
  }

 private:
  SampleLayout layout_;
  uint16_t next_ = 0;
};

std::vector<uint16_t> Oriented(std::unique_ptr<SampleRows> rows, int orientation,
                               int64_t budget_bytes, Size& size) {
  auto upright = OrientRows(std::move(rows), orientation, budget_bytes, {}, {});
  EXPECT_TRUE(upright.has_value()) << upright.error().message();
  size = (*upright)->layout().size;
  std::vector<uint16_t> samples(static_cast<size_t>(size.area()));
  for (int y = 0; y < size.height;) {
    const int count = std::min(3, size.height - y);
    EXPECT_TRUE((*upright)
                    ->Read(reinterpret_cast<std::byte*>(samples.data() +
                                                        static_cast<ptrdiff_t>(y) * size.width),
                           count)
                    .ok());
    y += count;
  }
  return samples;
}

TEST(OrientRows, EqualsItsDefinitionOverAwkwardSizesInMemoryAndOnDisk) {
  for (const Size stored :
       {Size{1, 1}, Size{1, 7}, Size{7, 1}, Size{13, 5}, Size{64, 65}, Size{131, 67}}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      for (const int64_t budget_bytes : {int64_t{0}, int64_t{1} << 20}) {
        Size size;
        const auto samples =
            Oriented(std::make_unique<NumberedRows>(stored), orientation, budget_bytes, size);
        ASSERT_EQ(size, OrientedSize(stored, orientation));
        for (int y = 0; y < size.height; ++y) {
          for (int x = 0; x < size.width; ++x) {
            const PixelPosition at = StoredPosition(x, y, stored, orientation);
            ASSERT_EQ(samples[static_cast<size_t>(y * size.width + x)], at.y * stored.width + at.x)
                << stored.width << "x" << stored.height << " orientation " << orientation;
          }
        }
      }
    }
  }
}

/// Rows over samples that were oriented before.
class SampleVectorRows : public SampleRows {
 public:
  SampleVectorRows(Size size, std::vector<uint16_t> samples) : samples_(std::move(samples)) {
    layout_.size = size;
    layout_.type = SampleType::kUint16;
    layout_.model = ColourModel::kGrey;
  }
  const SampleLayout& layout() const override { return layout_; }
  Status Read(std::byte* out, int rows) override {
    const auto count = static_cast<size_t>(rows * layout_.row_bytes());
    std::memcpy(out, reinterpret_cast<const std::byte*>(samples_.data()) + at_, count);
    at_ += count;
    return Status::Ok();
  }

 private:
  SampleLayout layout_;
  std::vector<uint16_t> samples_;
  size_t at_ = 0;
};

TEST(OrientRows, FourRightAngleTurnsAreNone) {
  for (const int turn : {6, 8}) {
    Size size{9, 4};
    std::unique_ptr<SampleRows> rows = std::make_unique<NumberedRows>(size);
    std::vector<uint16_t> samples;
    for (int i = 0; i < 4; ++i) {
      samples = Oriented(std::move(rows), turn, 1 << 20, size);
      rows = std::make_unique<SampleVectorRows>(size, samples);
    }
    ASSERT_EQ(size, (Size{9, 4}));
    for (size_t i = 0; i < samples.size(); ++i) {
      ASSERT_EQ(samples[i], i);
    }
  }
}

TEST(OrientRows, SpoolInAMissingFolderIsAStatus) {
  const auto rows =
      OrientRows(std::make_unique<NumberedRows>(Size{40, 40}), 6, 0, "/nowhere/at/all", {});
  ASSERT_FALSE(rows.has_value());
  EXPECT_EQ(rows.error().code(), StatusCode::kNotFound);
}

/// Asks to stop once the first rows are read.
class StoppingRows : public NumberedRows {
 public:
  StoppingRows(Size size, std::stop_source& stop) : NumberedRows(size), stop_(&stop) {}
  Status Read(std::byte* out, int rows) override {
    ++reads_;
    EXPECT_EQ(reads_, 1) << "read on after the stop";
    stop_->request_stop();
    return NumberedRows::Read(out, rows);
  }

 private:
  std::stop_source* stop_;
  int reads_ = 0;
};

TEST(OrientRows, AStopEndsTheSpooling) {
  std::stop_source stop;
  const auto rows = OrientRows(std::make_unique<StoppingRows>(Size{40, 400}, stop), 6, 1 << 20, {},
                               stop.get_token());
  ASSERT_FALSE(rows.has_value());
  EXPECT_EQ(rows.error().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace recover

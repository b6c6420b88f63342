#include "pipeline/stage_rows.h"

#include <gtest/gtest.h>

namespace recover {
namespace {

using std::chrono::seconds;

/// Takes a stated time for each call, after its own source.
class SlowRows final : public RowSource {
 public:
  SlowRows(std::unique_ptr<RowSource> source, FakeClock& clock, seconds cost)
      : source_(std::move(source)), clock_(clock), cost_(cost) {}
  Size size() const override { return {2, 4}; }
  int channels() const override { return 1; }
  Status Read(MutableImageView rows) override {
    clock_.Advance(cost_);
    if (source_) return source_->Read(rows);
    rows.at(0, 0, 0) = 0.5F;
    return failing ? Status(StatusCode::kCorruptInput, "cut short") : Status::Ok();
  }
  bool failing = false;

 private:
  std::unique_ptr<RowSource> source_;
  FakeClock& clock_;
  seconds cost_;
};

TEST(TimedRows, StagesAreTheDifferencesOfTheSums) {
  FakeClock clock;
  std::chrono::steady_clock::duration inner{};
  std::chrono::steady_clock::duration outer{};
  auto rows = std::make_unique<TimedRows>(std::make_unique<SlowRows>(nullptr, clock, seconds(3)),
                                          clock, inner);
  auto all =
      TimedRows(std::make_unique<SlowRows>(std::move(rows), clock, seconds(5)), clock, outer);
  Image two({2, 2}, 1);
  ASSERT_TRUE(all.Read(two.view()).ok());
  ASSERT_TRUE(all.Read(two.view()).ok());
  EXPECT_EQ(inner, seconds(6));
  EXPECT_EQ(outer - inner, seconds(10));
  EXPECT_EQ(two.at(0, 0, 0), 0.5F);
}

TEST(TimedRows, HandsErrorsOn) {
  FakeClock clock;
  std::chrono::steady_clock::duration sum{};
  auto source = std::make_unique<SlowRows>(nullptr, clock, seconds(1));
  source->failing = true;
  TimedRows rows(std::move(source), clock, sum);
  Image one({2, 1}, 1);
  EXPECT_EQ(rows.Read(one.view()).code(), StatusCode::kCorruptInput);
  EXPECT_EQ(sum, seconds(1));
}

}  // namespace
}  // namespace recover

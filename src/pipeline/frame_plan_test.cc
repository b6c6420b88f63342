#include "pipeline/frame_plan.h"

#include <gtest/gtest.h>

namespace recover {
namespace {

FramePlan Plan(Size input, const SizeRequest& request) {
  const auto plan = PlanFrame(input, request, {});
  EXPECT_TRUE(plan) << plan.error().message();
  return *plan;
}

TEST(PlanFrame, NothingAskedForKeepsTheSize) {
  const FramePlan plan = Plan({37, 91}, {});
  EXPECT_EQ(plan.output, (Size{37, 91}));
  EXPECT_FALSE(plan.has_crop());
  EXPECT_FALSE(plan.has_border());
  EXPECT_DOUBLE_EQ(plan.scale(), 1.0);
}

TEST(PlanFrame, ScaleRoundsHalfUpAndNeverBelowOne) {
  EXPECT_EQ(Plan({3, 5}, {.scale = 0.5}).output, (Size{2, 3}));
  EXPECT_EQ(Plan({3, 1}, {.scale = 0.05}).output, (Size{1, 1}));
  EXPECT_EQ(Plan({100, 33}, {.scale = 4}).output, (Size{400, 132}));
}

TEST(PlanFrame, OneSideFollowsTheAspectRoundedHalfUp) {
  EXPECT_EQ(Plan({4, 3}, {.width = 2}).output, (Size{2, 2}));             // 1.5 goes up
  EXPECT_EQ(Plan({300, 200}, {.height = 101}).output, (Size{152, 101}));  // 151.5 goes up
  EXPECT_EQ(Plan({1000, 3}, {.width = 10}).output, (Size{10, 1}));
}

TEST(PlanFrame, ABoxOfTheSameAspectNeedsNoBorder) {
  for (const bool crop : {false, true}) {
    const FramePlan plan = Plan({4000, 3000}, {.width = 1024, .height = 768, .crop_to_fill = crop});
    EXPECT_FALSE(plan.has_border());
    EXPECT_FALSE(plan.has_crop());
  }
}

TEST(PlanFrame, BothSidesAreExactlyThatBoxForAnyAspect) {
  const int sides[] = {1, 2, 3, 7, 16, 97, 640, 1999};
  for (const int w : sides) {
    for (const int h : sides) {
      for (const int bw : sides) {
        for (const int bh : sides) {
          const FramePlan fit = Plan({w, h}, {.width = bw, .height = bh});
          ASSERT_EQ(fit.output, (Size{bw, bh}));
          ASSERT_FALSE(fit.has_crop());
          ASSERT_TRUE(fit.picture.width == bw || fit.picture.height == bh);
          ASSERT_LE(fit.left + fit.picture.width, bw);
          ASSERT_LE(fit.top + fit.picture.height, bh);
          ASSERT_LE(bw - fit.picture.width - 2 * fit.left, 1);
          ASSERT_LE(bh - fit.picture.height - 2 * fit.top, 1);

          const FramePlan cut = Plan({w, h}, {.width = bw, .height = bh, .crop_to_fill = true});
          ASSERT_EQ(cut.picture, (Size{bw, bh}));
          ASSERT_FALSE(cut.has_border());
          if (!cut.has_crop()) continue;
          ASSERT_GE(cut.crop.x, 0);
          ASSERT_GE(cut.crop.y, 0);
          ASSERT_LE(cut.crop.x + cut.crop.width, w + 1e-9);
          ASSERT_LE(cut.crop.y + cut.crop.height, h + 1e-9);
          ASSERT_NEAR(cut.crop.width / cut.crop.height, static_cast<double>(bw) / bh,
                      1e-9 * bw / bh);
        }
      }
    }
  }
}

TEST(PlanFrame, LimitsAreCheckedFromSizesAlone) {
  const PixelLimits limits{.max_input_pixels = 1000, .max_output_pixels = 5000};
  EXPECT_TRUE(PlanFrame({40, 25}, {}, limits));
  EXPECT_EQ(PlanFrame({40, 26}, {}, limits).error().code(), StatusCode::kTooLarge);
  EXPECT_EQ(PlanFrame({40, 25}, {.scale = 3}, limits).error().code(), StatusCode::kTooLarge);
  EXPECT_EQ(PlanFrame({2, 1}, {.width = 32001}, {}).error().code(), StatusCode::kTooLarge);
  EXPECT_EQ(PlanFrame({1, 30000}, {.width = 32000}, {}).error().code(), StatusCode::kTooLarge);
  EXPECT_EQ(PlanFrame({0, 5}, {}, {}).error().code(), StatusCode::kInvalidArgument);
}

TEST(PlanFrame, TheApisOutputLimitIs384Megapixels) {
  EXPECT_TRUE(PlanFrame({100, 100}, {.width = 19200, .height = 20000}, {}));
  const auto over = PlanFrame({100, 100}, {.width = 19201, .height = 20000}, {});
  ASSERT_FALSE(over);
  EXPECT_NE(over.error().message().find("limit of 384 MP"), std::string::npos);
}

TEST(PlanFrame, ContradictionsAreRefused) {
  EXPECT_EQ(PlanFrame({5, 5}, {.scale = 2, .width = 10}, {}).error().code(),
            StatusCode::kInvalidArgument);
  EXPECT_FALSE(PlanFrame({5, 5}, {.scale = -1}, {}));
  EXPECT_FALSE(PlanFrame({5, 5}, {.width = 0}, {}));
}

}  // namespace
}  // namespace recover

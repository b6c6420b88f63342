#include "pipeline/memory_plan.h"

#include <gtest/gtest.h>

namespace recover {
namespace {

int64_t TenEach(int workers) { return 100 + 10 * workers; }

TEST(PlanMemory, TakesAsManyWorkersAsFit) {
  EXPECT_EQ(PlanMemory(110, 8, TenEach)->workers, 1);
  EXPECT_EQ(PlanMemory(139, 8, TenEach)->workers, 3);
  EXPECT_EQ(PlanMemory(139, 8, TenEach)->bytes, 130);
  EXPECT_EQ(PlanMemory(1 << 20, 8, TenEach)->workers, 8);
}

TEST(PlanMemory, BelowTheLeastItNamesWhatIsNeeded) {
  const auto plan = PlanMemory(int64_t{300} << 20, 4, [](int) { return int64_t{640} << 20; });
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), StatusCode::kTooLarge);
  EXPECT_NE(plan.error().message().find("--memory 640M"), std::string::npos);
}

TEST(AvailableMemory, IsBelowWhatTheMachineHas) {
  EXPECT_GT(AvailableMemoryBytes(), 0);
  EXPECT_LT(AvailableMemoryBytes(), int64_t{1} << 46);
  EXPECT_GT(PeakProcessBytes(), 1 << 20);
}

}  // namespace
}  // namespace recover

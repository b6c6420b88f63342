#include "base/checked_math.h"

#include <limits>

#include <gtest/gtest.h>

namespace recover {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

TEST(CheckedMath, EqualsPlainArithmeticWhereItFits) {
  for (const int64_t a : {int64_t{-70000}, int64_t{-1}, int64_t{0}, int64_t{3}, int64_t{1} << 31}) {
    for (const int64_t b : {int64_t{-5}, int64_t{0}, int64_t{1}, int64_t{65535}}) {
      EXPECT_EQ(CheckedAdd(a, b), a + b);
      EXPECT_EQ(CheckedMul(a, b), a * b);
    }
  }
}

TEST(CheckedMath, OverflowIsNothing) {
  EXPECT_EQ(CheckedAdd(kMax, 1), std::nullopt);
  EXPECT_EQ(CheckedAdd(kMin, -1), std::nullopt);
  EXPECT_EQ(CheckedMul(kMax, 2), std::nullopt);
  EXPECT_EQ(CheckedMul(kMin, -1), std::nullopt);
  EXPECT_EQ(CheckedMul(int64_t{1} << 32, int64_t{1} << 31), std::nullopt);
}

TEST(CheckedMath, TheLastValuesThatFitDo) {
  EXPECT_EQ(CheckedAdd(kMax - 1, 1), kMax);
  EXPECT_EQ(CheckedMul(kMax / 2, 2), kMax - 1);
  EXPECT_EQ(CheckedMul(int64_t{1} << 31, int64_t{1} << 31), int64_t{1} << 62);
}

TEST(CheckedMath, SeveralFactorsStopAtTheFirstOverflow) {
  EXPECT_EQ(CheckedMul(int64_t{3}, int64_t{5}, int64_t{7}), 105);
  EXPECT_EQ(CheckedMul(int64_t{2}, int64_t{3}, int64_t{5}, int64_t{7}), 210);
  EXPECT_EQ(CheckedMul(int64_t{1} << 40, int64_t{1} << 40, int64_t{0}), std::nullopt);
  EXPECT_EQ(CheckedMul(int64_t{1} << 30, int64_t{1} << 30, int64_t{16}), std::nullopt);
}

}  // namespace
}  // namespace recover

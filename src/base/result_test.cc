#include "base/result.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace recover {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) {
    return Status(StatusCode::kInvalidArgument, "odd");
  }
  return number / 2;
}

Result<int> Quarter(int number) {
  RECOVER_ASSIGN_OR_RETURN(const int half, Half(number));
  RECOVER_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

TEST(Result, HoldsAValueOrTheReason) {
  const Result<int> good = Half(8);
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(*good, 4);
  EXPECT_TRUE(good.error().ok());

  const Result<int> bad = Half(7);
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), StatusCode::kInvalidArgument);
}

TEST(Result, AssignOrReturnPassesTheFirstErrorOn) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().message(), "odd");
  EXPECT_EQ(Quarter(5).error().message(), "odd");
}

TEST(Result, MovesAMoveOnlyValueOut) {
  Result<std::unique_ptr<std::string>> result = std::make_unique<std::string>("x");
  const std::unique_ptr<std::string> taken = *std::move(result);
  EXPECT_EQ(*taken, "x");
}

TEST(ResultDeathTest, LookingForAValueThatIsNotThereAborts) {
  const Result<int> bad = Half(7);
  EXPECT_DEATH(static_cast<void>(bad.value()), "check failed");
}

TEST(ResultDeathTest, AnOkStatusIsNoReason) {
  EXPECT_DEATH(static_cast<void>(Result<int>(Status::Ok())), "check failed");
}

}  // namespace
}  // namespace recover

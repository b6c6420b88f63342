#include "jobs/webhook_plan.h"

#include <vector>

#include <gtest/gtest.h>

namespace recover {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(WebhookPlan, DoublesFromFiveSecondsToFifteenMinutes) {
  std::vector<int64_t> waits;
  for (int tries = 1; tries <= 10; ++tries) {
    waits.push_back(std::chrono::duration_cast<seconds>(WaitAfterTry(tries, seconds(5))).count());
  }
  EXPECT_EQ(waits, (std::vector<int64_t>{5, 10, 20, 40, 80, 160, 320, 640, 900, 900}));
  EXPECT_EQ(WaitAfterTry(2'000'000'000, seconds(5)), minutes(15));
  EXPECT_EQ(WaitAfterTry(1, hours(1)), minutes(15));
}

TEST(WebhookPlan, EndsWhenThePausesHaveFilledADay) {
  int tries = 1;
  milliseconds sum{0};
  while (MayTryAgain(tries, seconds(5))) {
    sum += WaitAfterTry(tries++, seconds(5));
  }
  EXPECT_LE(sum, hours(24));
  EXPECT_GT(sum + WaitAfterTry(tries, seconds(5)), hours(24));
  EXPECT_FALSE(MayTryAgain(tries + 1, seconds(5)));
  EXPECT_FALSE(MayTryAgain(2'000'000'000, seconds(5)));
}

TEST(WebhookPlan, TakesEachStatusAsPromised) {
  for (const int status : {200, 201, 202, 204, 299}) {
    EXPECT_EQ(JudgeAnswer(status), WebhookVerdict::kDelivered) << status;
  }
  for (const int status : {500, 502, 503, 504, 599}) {
    EXPECT_EQ(JudgeAnswer(status), WebhookVerdict::kRetry) << status;
  }
  for (const int status : {301, 302, 307, 400, 401, 403, 404, 408, 410, 422, 429, 499}) {
    EXPECT_EQ(JudgeAnswer(status), WebhookVerdict::kDrop) << status;
  }
}

}  // namespace
}  // namespace recover

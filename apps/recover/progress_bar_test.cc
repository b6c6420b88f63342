#include "progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace recover::cli {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RateEstimate, SaysNothingBeforeThereIsSomethingToGoBy) {
  FakeClock clock;
  RateEstimate estimate;
  estimate.Start(clock.Now(), 0);
  EXPECT_LT(estimate.SecondsFor(1), 0);
  clock.Advance(std::chrono::milliseconds(200));
  estimate.Update(clock.Now(), 5);
  EXPECT_LT(estimate.SecondsFor(1), 0);
}

TEST(RateEstimate, IsExactAtASteadyPace) {
  FakeClock clock;
  RateEstimate estimate;
  estimate.Start(clock.Now(), 0);
  for (int second = 1; second <= 100; ++second) {
    clock.Advance(seconds(1));
    estimate.Update(clock.Now(), 2.0 * second);
    if (second > 1) {
      EXPECT_NEAR(estimate.SecondsFor(60), 30, 0.01) << second;
    }
  }
}

TEST(RateEstimate, FollowsAChangeOfPace) {
  FakeClock clock;
  RateEstimate estimate;
  estimate.Start(clock.Now(), 0);
  double done = 0;
  for (int second = 0; second < 200; ++second) {
    clock.Advance(seconds(1));
    done += second < 100 ? 4.0 : 1.0;
    estimate.Update(clock.Now(), done);
  }
  EXPECT_NEAR(estimate.rate(), 1.0, 0.05);
}

TEST(RateEstimate, WorkThatComesInLumpsGivesTheMean) {
  FakeClock clock;
  RateEstimate estimate;
  estimate.Start(clock.Now(), 0);
  for (int lump = 1; lump <= 40; ++lump) {
    for (int second = 0; second < 5; ++second) {
      clock.Advance(seconds(1));
      estimate.Update(clock.Now(), 10.0 * (lump - 1));
    }
    estimate.Update(clock.Now(), 10.0 * lump);
  }
  EXPECT_NEAR(estimate.rate(), 2.0, 0.1);
}

TEST(ProgressLine, SaysShareRateAndWhatIsLeft) {
  const std::string line = ProgressLine("photo.jpg", 3, 12, 0.5, 1.234, 65, 4000, 120);
  EXPECT_THAT(line, HasSubstr("photo.jpg"));
  EXPECT_THAT(line, HasSubstr("50%"));
  EXPECT_THAT(line, HasSubstr("1.23 MP/s"));
  EXPECT_THAT(line, HasSubstr("1:05 left"));
  EXPECT_THAT(line, HasSubstr("file 3 of 12, all 1:06:40"));
  EXPECT_THAT(ProgressLine("a", 1, 1, 0, 0, -1, -1, 80), Not(HasSubstr("MP/s")));
  EXPECT_THAT(ProgressLine("a", 1, 1, 0, 0, -1, -1, 80), HasSubstr("-:-- left"));
}

TEST(ProgressLine, NeverWiderThanTheTerminalNorBrokenByAName) {
  const std::string name = "a\033[31m\n/\xC3\xA4\xC3\xB6\xC3\xBC" + std::string(200, 'x');
  for (int columns = 0; columns < 200; ++columns) {
    const std::string line = ProgressLine(name, 1, 2, 0.3, 1, 1, 1, columns);
    EXPECT_LE(line.size(), static_cast<size_t>(columns));
    EXPECT_EQ(line.find_first_of("\n\033"), std::string::npos);
  }
}

}  // namespace
}  // namespace recover::cli

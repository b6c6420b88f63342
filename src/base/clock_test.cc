#include "base/clock.h"

#include <gtest/gtest.h>

namespace recover {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(FakeClock, StandsStillUntilTold) {
  FakeClock clock;
  const auto now = clock.Now();
  const auto wall = clock.WallNow();
  EXPECT_EQ(clock.Now(), now);
  clock.Advance(milliseconds(1500));
  EXPECT_EQ(clock.Now() - now, milliseconds(1500));
  EXPECT_EQ(clock.WallNow() - wall, milliseconds(1500));
}

TEST(FakeClock, StartsAtTheGivenTimeOfDay) {
  const std::chrono::system_clock::time_point start(seconds(1'700'000'000));
  EXPECT_EQ(FakeClock(start).WallNow(), start);
}

TEST(FakeClockDeathTest, TimeDoesNotGoBack) {
  FakeClock clock;
  EXPECT_DEATH(clock.Advance(milliseconds(-1)), "check failed");
}

TEST(FakeClock, TheTimeOfDayMayJumpBackAloneAsRealOnesDo) {
  FakeClock clock(std::chrono::system_clock::time_point(seconds(1'700'000'000)));
  const auto now = clock.Now();
  clock.JumpWall(-seconds(5));
  EXPECT_EQ(clock.WallNow().time_since_epoch(), seconds(1'699'999'995));
  EXPECT_EQ(clock.Now(), now);
}

TEST(RealClock, NeverGoesBackAndKnowsTheYear) {
  const Clock& clock = Clock::Real();
  const auto first = clock.Now();
  EXPECT_GE(clock.Now(), first);
  EXPECT_GT(clock.WallNow().time_since_epoch(), seconds(1'700'000'000));
}

}  // namespace
}  // namespace recover

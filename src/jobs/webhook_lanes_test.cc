#include "jobs/webhook_lanes.h"

#include <gtest/gtest.h>

namespace recover {
namespace {

using std::chrono::seconds;
using Time = WebhookLanes::Time;

constexpr Time kStart = Time(seconds(1000));

// The outbox_id whose turn it is; 0 = none.
int64_t Next(WebhookLanes& lanes, Time now = kStart) {
  const auto turn = lanes.Take(now);
  return turn ? turn->outbox_id : 0;
}

TEST(WebhookLanes, KeepTheOrderOfAJob) {
  WebhookLanes lanes(4);
  for (const int64_t id : {1, 2, 3}) {
    lanes.Add({"job", 7, id}, kStart);
  }
  EXPECT_EQ(Next(lanes), 1);
  EXPECT_EQ(Next(lanes), 0);  // 2 waits for 1.
  lanes.Finish({"job", 7, 1}, kStart);
  EXPECT_EQ(Next(lanes), 2);
  lanes.Postpone({"job", 7, 2}, kStart + seconds(5));
  EXPECT_EQ(Next(lanes), 0);
  EXPECT_EQ(lanes.NextDue(), kStart + seconds(5));
  EXPECT_EQ(Next(lanes, kStart + seconds(5)), 2);  // And not 3.
  lanes.Finish({"job", 7, 2}, kStart + seconds(6));
  EXPECT_EQ(Next(lanes, kStart + seconds(6)), 3);
  lanes.Finish({"job", 7, 3}, kStart + seconds(6));
  EXPECT_TRUE(lanes.empty());
  EXPECT_FALSE(lanes.NextDue());
}

TEST(WebhookLanes, JobsDoNotWaitForEachOther) {
  WebhookLanes lanes(4);
  lanes.Add({"a", 7, 1}, kStart + seconds(900));
  lanes.Add({"a", 7, 2}, kStart);
  lanes.Add({"b", 7, 3}, kStart);
  EXPECT_EQ(Next(lanes), 3);
  EXPECT_EQ(Next(lanes), 0);
  EXPECT_EQ(lanes.NextDue(), kStart + seconds(900));
}

TEST(WebhookLanes, AKeyGetsItsShareAndNoMore) {
  WebhookLanes lanes(2);
  for (const int64_t id : {1, 2, 3, 4}) {
    lanes.Add({"greedy" + std::to_string(id), 7, id}, kStart);
  }
  lanes.Add({"modest", 8, 5}, kStart + seconds(1));
  EXPECT_EQ(Next(lanes, kStart + seconds(1)), 1);
  EXPECT_EQ(Next(lanes, kStart + seconds(1)), 5);  // Nothing of key 8 is under way yet.
  EXPECT_EQ(Next(lanes, kStart + seconds(1)), 2);
  EXPECT_EQ(Next(lanes, kStart + seconds(1)), 0);
  EXPECT_FALSE(lanes.NextDue());  // Not before one of them is finished.
  lanes.Finish({"greedy1", 7, 1}, kStart + seconds(1));
  EXPECT_EQ(lanes.NextDue(), kStart);
  EXPECT_EQ(Next(lanes, kStart + seconds(1)), 3);
}

TEST(WebhookLanes, TheOneThatWaitsLongestComesFirst) {
  WebhookLanes lanes(4);
  lanes.Add({"late", 7, 1}, kStart + seconds(2));
  lanes.Add({"early", 7, 2}, kStart + seconds(1));
  EXPECT_EQ(lanes.NextDue(), kStart + seconds(1));
  EXPECT_EQ(Next(lanes, kStart + seconds(3)), 2);
  EXPECT_EQ(Next(lanes, kStart + seconds(3)), 1);
}

}  // namespace
}  // namespace recover

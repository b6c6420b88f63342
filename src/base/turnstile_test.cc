#include "base/turnstile.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace recover {
namespace {

void AwaitWaiting(const Turnstile& turnstile, int count) {
  while (turnstile.waiting() != count) {
    std::this_thread::yield();
  }
}

TEST(Turnstile, OneAtATime) {
  Turnstile turnstile;
  std::atomic<int> inside = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const auto turn = turnstile.Enter({});
        ASSERT_TRUE(turn);
        EXPECT_EQ(++inside, 1);
        --inside;
      }
    });
  }
}

TEST(Turnstile, WhoComesFirstGoesFirst) {
  Turnstile turnstile;
  auto held = turnstile.Enter({});
  ASSERT_TRUE(held);
  std::vector<int> order;  // Guarded by the turnstile itself.
  std::vector<std::jthread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&turnstile, &order, i] {
      const auto turn = turnstile.Enter({});
      order.push_back(i);
    });
    AwaitWaiting(turnstile, i + 1);
  }
  held->End();
  threads.clear();
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3, 4));
}

TEST(Turnstile, AStopEndsTheWaitAndTheRestMoveUp) {
  Turnstile turnstile;
  auto held = turnstile.Enter({});
  std::stop_source stop;
  StatusCode code = StatusCode::kOk;
  std::jthread quitter([&] {
    const auto turn = turnstile.Enter(stop.get_token());
    if (!turn) code = turn.error().code();
  });
  AwaitWaiting(turnstile, 1);
  bool entered = false;
  std::jthread next([&] { entered = turnstile.Enter({}).has_value(); });
  AwaitWaiting(turnstile, 2);
  stop.request_stop();
  quitter.join();
  EXPECT_EQ(code, StatusCode::kCancelled);
  EXPECT_EQ(turnstile.waiting(), 1);
  held->End();
  next.join();
  EXPECT_TRUE(entered);
}

TEST(Turnstile, ATurnEndsOnceHoweverOftenItIsMoved) {
  Turnstile turnstile;
  {
    Turnstile::Turn outer;
    EXPECT_FALSE(outer.is_mine());
    auto turn = turnstile.Enter({});
    outer = *std::move(turn);
    EXPECT_TRUE(outer.is_mine());
    const Turnstile::Turn inner = std::move(outer);
    EXPECT_TRUE(inner.is_mine());
  }
  EXPECT_TRUE(turnstile.Enter({})->is_mine());
}

}  // namespace
}  // namespace recover

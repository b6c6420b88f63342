#include "base/parallel.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/run_context.h"

namespace recover {
namespace {

TEST(ParallelFor, CallsEveryIndexOnceForAnyCountAndThreads) {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    for (const int64_t count : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> calls(count);
      ParallelFor(pool, count, [&](int64_t i) { ++calls[i]; });
      for (int64_t i = 0; i < count; ++i) {
        EXPECT_EQ(calls[i], 1) << threads << " threads, index " << i << " of " << count;
      }
    }
  }
}

TEST(ParallelFor, WhatTheCallsWroteIsSeenAfterwards) {
  ThreadPool pool(4);
  std::vector<int64_t> values(5000);
  for (int round = 1; round <= 20; ++round) {
    ParallelFor(pool, std::ssize(values), [&](int64_t i) { values[i] = i * round; });
    EXPECT_EQ(std::accumulate(values.begin(), values.end(), int64_t{0}),
              int64_t{round} * 5000 * 4999 / 2);
  }
}

TEST(ParallelFor, AsManyCallsAsThreadsRunAtOnce) {
  constexpr int kThreads = 3;
  ThreadPool pool(kThreads);
  std::mutex mutex;
  std::condition_variable all_here;
  int here = 0;
  std::set<std::thread::id> ids;
  // Each call waits for the others: this ends only if all of them run together.
  ParallelFor(pool, kThreads, [&](int64_t) {
    std::unique_lock lock(mutex);
    ids.insert(std::this_thread::get_id());
    ++here;
    all_here.notify_all();
    all_here.wait(lock, [&] { return here == kThreads; });
  });
  EXPECT_EQ(ids.size(), kThreads);
  EXPECT_EQ(ids.count(std::this_thread::get_id()), 1) << "the caller works too";
}

TEST(ParallelFor, LoopsFromSeveralThreadsOnOnePoolAllFinish) {
  ThreadPool pool(2);
  std::atomic<int64_t> calls = 0;
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 4; ++caller) {
      callers.emplace_back([&] {
        for (int round = 0; round < 50; ++round) {
          ParallelFor(pool, 20, [&](int64_t) { ++calls; });
        }
      });
    }
  }
  EXPECT_EQ(calls, 4 * 50 * 20);
}

TEST(ParallelForDeathTest, NestedLoopsAreAMistake) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        ThreadPool pool(2);
        ParallelFor(pool, 2, [&](int64_t) { ParallelFor(pool, 1, [](int64_t) {}); });
      },
      "check failed");
}

TEST(AvailableCpus, IsAtLeastOneAndNoMoreThanTheMachineHas) {
  EXPECT_GE(AvailableCpus(), 1);
  EXPECT_LE(AvailableCpus(), static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(RunContext, StopIsSeenByCopies) {
  std::stop_source source;
  RunContext context;
  context.stop = source.get_token();
  const RunContext copy = context;
  EXPECT_TRUE(copy.CheckStop().ok());
  source.request_stop();
  EXPECT_EQ(copy.CheckStop().code(), StatusCode::kCancelled);
}

TEST(RunContext, WithoutProgressReportingIsQuiet) {
  RunContext context;
  context.Report(1, 2);
  int64_t seen = 0;
  context.progress = [&](int64_t done, int64_t) { seen = done; };
  context.Report(1, 2);
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace recover

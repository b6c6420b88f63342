#include "jobs/job.h"

#include <gtest/gtest.h>

namespace recover {
namespace {

constexpr JobState kAll[] = {JobState::kPending, JobState::kProcessing, JobState::kCompleted,
                             JobState::kCancelled, JobState::kFailed};

TEST(JobStates, NothingLeavesAFinalStateAndNothingStays) {
  for (const JobState from : kAll) {
    for (const JobState to : kAll) {
      if (IsFinal(from) || from == to) {
        EXPECT_FALSE(IsLegalMove(from, to)) << JobStateName(from) << " " << JobStateName(to);
      }
    }
  }
}

TEST(JobStates, ACompletedJobWasProcessedBefore) {
  EXPECT_FALSE(IsLegalMove(JobState::kPending, JobState::kCompleted));
  EXPECT_TRUE(IsLegalMove(JobState::kProcessing, JobState::kCompleted));
}

TEST(JobStates, ALostWorkersJobGoesBackToPending) {
  EXPECT_TRUE(IsLegalMove(JobState::kProcessing, JobState::kPending));
}

TEST(JobStates, NamesAreReadBack) {
  for (const JobState state : kAll) {
    const auto read = ParseJobState(JobStateName(state));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, state);
  }
  EXPECT_FALSE(ParseJobState("pending"));
}

TEST(Credits, FollowThePublishedTable) {
  constexpr int64_t kTable[][2] = {{1, 1},   {4, 1},   {8, 2},   {16, 4},   {24, 6},  {32, 8},
                                   {40, 10}, {50, 13}, {64, 16}, {100, 25}, {384, 96}};
  for (const auto& [megapixels, credits] : kTable) {
    EXPECT_EQ(CreditsFor({static_cast<int>(megapixels * 1000), 1000}), credits) << megapixels;
  }
  EXPECT_EQ(CreditsFor({1, 1}), 1);
  EXPECT_EQ(CreditsFor({4001, 1000}), 2);
}

}  // namespace
}  // namespace recover

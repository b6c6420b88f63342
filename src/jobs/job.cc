#include "jobs/job.h"

#include <algorithm>
#include <array>
#include <string>

namespace recover {
namespace {

struct StateRow {
  JobState state;
  std::string_view name;
  bool is_final;
};

constexpr std::array<StateRow, 5> kStates = {{
    {JobState::kPending, "Pending", false},
    {JobState::kProcessing, "Processing", false},
    {JobState::kCompleted, "Completed", true},
    {JobState::kCancelled, "Cancelled", true},
    {JobState::kFailed, "Failed", true},
}};

struct Move {
  JobState from;
  JobState to;
};

constexpr Move kMoves[] = {
    {JobState::kPending, JobState::kProcessing},   {JobState::kPending, JobState::kCancelled},
    {JobState::kPending, JobState::kFailed},       {JobState::kProcessing, JobState::kCompleted},
    {JobState::kProcessing, JobState::kCancelled}, {JobState::kProcessing, JobState::kFailed},
    {JobState::kProcessing, JobState::kPending},
};

const StateRow& RowOf(JobState state) { return kStates[static_cast<size_t>(state)]; }

}  // namespace

std::string_view JobStateName(JobState state) { return RowOf(state).name; }

Result<JobState> ParseJobState(std::string_view name) {
  for (const StateRow& row : kStates) {
    if (row.name == name) return row.state;
  }
  return Status(StatusCode::kCorruptInput, "\"" + std::string(name) + "\" is no state of a job");
}

bool IsFinal(JobState state) { return RowOf(state).is_final; }

bool IsLegalMove(JobState from, JobState to) {
  return std::any_of(std::begin(kMoves), std::end(kMoves),
                     [&](const Move& move) { return move.from == from && move.to == to; });
}

int64_t CreditsFor(Size output) {
  constexpr int64_t kPixelsPerCredit = 4'000'000;
  return std::max<int64_t>(1, (output.area() + kPixelsPerCredit - 1) / kPixelsPerCredit);
}

}  // namespace recover

// The exit codes of the program and what they say.
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"

namespace recover::cli {

struct ExitCodeRow {
  int code;
  std::string_view meaning;
};

/// Several pictures failed, for different reasons.
inline constexpr int kExitMixedFailures = 1;

/// Every code that the program can end with, in order.
std::vector<ExitCodeRow> ExitCodes();

/// The code of a batch: 0 when nothing failed, the failures' own code when they
/// all have one, else kExitMixedFailures.
int ExitCodeOfFailures(const std::vector<StatusCode>& failures);

}  // namespace recover::cli

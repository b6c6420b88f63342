// How many tiles may be in work at once within a memory budget.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"

namespace recover {

/// Bytes that this process may still take: what the system has available, further
/// limited by a container's memory limit where one is set. At least 0; 1 GiB where
/// the system does not say. Thread-safe.
int64_t AvailableMemoryBytes();

/// What a picture takes with a number of workers.
struct MemoryPlan {
  int workers = 1;
  int64_t bytes = 0;  ///< What the whole work holds at most, as far as it is known.
};

/// The most workers, up to `max_workers`, whose `bytes_with(workers)` (never falling)
/// fits `budget_bytes`. Fewer workers are slower; the result is the same.
/// Errors: kTooLarge, with the bytes needed, when a single worker does not fit.
Result<MemoryPlan> PlanMemory(int64_t budget_bytes, int max_workers,
                              const std::function<int64_t(int workers)>& bytes_with);

/// The most memory this process ever held in RAM. Thread-safe.
int64_t PeakProcessBytes();

}  // namespace recover

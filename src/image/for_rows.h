// Row loops that use a thread pool when there is one.
#pragma once

#include "base/parallel.h"

namespace recover {

/// Calls body(y) once for each y in [0, count), in any order, on the pool and
/// this thread; in order on this thread when `pool` is null. Blocks.
template <typename Body>
void ForRows(ThreadPool* pool, int count, const Body& body) {
  if (pool == nullptr || count < 2) {
    for (int y = 0; y < count; ++y) {
      body(y);
    }
    return;
  }
  ParallelFor(*pool, count, [&body](int64_t y) { body(static_cast<int>(y)); });
}

}  // namespace recover

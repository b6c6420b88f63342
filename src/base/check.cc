#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace recover::internal {

void CheckFailed(const char* condition, const char* file, int line) {
  // The one place of the library that prints: the program cannot go on, and
  // there is no caller left to hand a Status to.
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace recover::internal

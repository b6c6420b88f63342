// RECOVER_CHECK: a caller's mistake ends the program; an input's mistake never comes here.
#pragma once

namespace recover::internal {
/// Prints the failed condition with its place and aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}  // namespace recover::internal

#define RECOVER_CHECK(condition)                                        \
  do {                                                                  \
    if (!(condition)) {                                                 \
      ::recover::internal::CheckFailed(#condition, __FILE__, __LINE__); \
    }                                                                   \
  } while (false)

// Names to addresses, as a seam: tests put their own answers in its place.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/address_guard.h"

namespace recover {

/// Thread-safe.
class Resolver {
 public:
  virtual ~Resolver() = default;

  /// All addresses of `host`, at least one, in the order to try them.
  /// Errors: kInvalidArgument when there is no such name, kUnavailable when no answer came
  /// before `deadline`, kCancelled.
  virtual Result<std::vector<IpAddress>> Resolve(const std::string& host,
                                                 std::chrono::steady_clock::time_point deadline,
                                                 const std::stop_token& stop) const = 0;

  /// The machine's own (getaddrinfo). Lives as long as the program.
  static const Resolver& System();
};

}  // namespace recover

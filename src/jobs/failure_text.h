// What a Failed job tells its owner.
#pragma once

#include <string>

#include "base/status.h"

namespace recover {

/// What went wrong and what to do, in sentences. Failures of the input or the settings
/// keep their own sentence, which must name no path; those of the server are told without
/// details, which belong in its log.
std::string FailureText(const Status& why);

/// The same for a job that worked longer than it may.
std::string TimeoutText(int64_t seconds);

}  // namespace recover

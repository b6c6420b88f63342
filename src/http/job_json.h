// Jobs as answers show them.
#pragma once

#include "base/json.h"
#include "jobs/job.h"

namespace recover {

/// The API's StatusResponse: every required field, optional ones where they are set.
Json StatusJson(const JobRecord& job);

}  // namespace recover

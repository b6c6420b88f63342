// --log-level.
#pragma once

#include "base/option_table.h"

namespace recover::cli {

/// Lets the log's lines of --log-level and above through.
void ApplyLogLevel(const OptionValues& options);

}  // namespace recover::cli

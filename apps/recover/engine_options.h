// The machine's options, which enhance, serve and worker share.
#pragma once

#include "base/option_table.h"
#include "pipeline/engine.h"

namespace recover::cli {

/// All but the model.
EngineOptions MachineOptionsOf(const OptionValues& options);

}  // namespace recover::cli

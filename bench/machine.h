// What a figure was measured on and with.
#pragma once

#include <string>

#include "neural/manifest.h"

namespace recover::bench {

/// Processor, threads, compiler, version, ONNX Runtime, model and its hash: four lines.
std::string MachineText(const Manifest& manifest);

/// "1234.5" with as many decimals as asked for.
std::string Fixed(double number, int decimals);

}  // namespace recover::bench

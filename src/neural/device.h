// Where a network runs.
#pragma once

#include <string_view>

#include "base/result.h"

namespace recover {

enum class Device {
  kAuto,  ///< The CPU, until a GPU has been measured to be the better choice.
  kCpu,
  kGpu,  ///< The WebGPU provider of ONNX Runtime (Vulkan on Linux).
};

/// "auto", "cpu" or "gpu". Errors: kInvalidArgument.
Result<Device> ParseDevice(std::string_view name);
std::string_view DeviceName(Device device);

/// The device that `device` stands for here: kCpu or kGpu.
/// Errors: kUnavailable for kGpu when this ONNX Runtime has no WebGPU provider, with
/// what to install. That a Vulkan driver is there shows only when a session is made.
Result<Device> ResolveDevice(Device device);

/// Version of the ONNX Runtime library in use, e.g. "1.30.0".
std::string_view EngineVersion();

}  // namespace recover

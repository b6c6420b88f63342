#include "neural/device.h"

#include <string>

#include "neural/engine.h"

namespace recover {

Result<Device> ParseDevice(std::string_view name) {
  for (const Device device : {Device::kAuto, Device::kCpu, Device::kGpu}) {
    if (name == DeviceName(device)) {
      return device;
    }
  }
  return Status(StatusCode::kInvalidArgument,
                "unknown device '" + std::string(name) + "': use auto, cpu or gpu");
}

std::string_view DeviceName(Device device) {
  switch (device) {
    case Device::kAuto:
      return "auto";
    case Device::kCpu:
      return "cpu";
    case Device::kGpu:
      return "gpu";
  }
  return "";
}

Result<Device> ResolveDevice(Device device) {
  RECOVER_RETURN_IF_ERROR(internal::InitEngine());
  if (device != Device::kGpu) {
    return Device::kCpu;
  }
  try {
    if (internal::EngineHasProvider("WebGpuExecutionProvider")) {
      return Device::kGpu;
    }
  } catch (const Ort::Exception& error) {
    return Status(StatusCode::kUnavailable, std::string("ONNX Runtime: ") + error.what());
  }
  return Status(StatusCode::kUnavailable,
                "no GPU support in this system's ONNX Runtime " + std::string(EngineVersion()) +
                    ": install the build with WebGPU (scripts/install-dependencies does it) or "
                    "use --device cpu");
}

std::string_view EngineVersion() { return OrtGetApiBase()->GetVersionString(); }

}  // namespace recover

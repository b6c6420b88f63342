#include "neural/device.h"

#include <gtest/gtest.h>

namespace recover {
namespace {

TEST(Device, NamesRoundTrip) {
  for (const Device device : {Device::kAuto, Device::kCpu, Device::kGpu}) {
    const Result<Device> parsed = ParseDevice(DeviceName(device));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, device);
  }
}

TEST(Device, UnknownNameSaysWhatIsKnown) {
  const Result<Device> parsed = ParseDevice("tpu");
  EXPECT_EQ(parsed.error().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(parsed.error().message().find("auto, cpu or gpu"), std::string::npos);
}

TEST(Device, AutoAndCpuAreTheCpu) {
  for (const Device device : {Device::kAuto, Device::kCpu}) {
    const Result<Device> resolved = ResolveDevice(device);
    ASSERT_TRUE(resolved) << resolved.error().message();
    EXPECT_EQ(*resolved, Device::kCpu);
  }
}

TEST(Device, GpuIsThereOrSaysWhatToInstall) {
  const Result<Device> resolved = ResolveDevice(Device::kGpu);
  if (resolved) {
    EXPECT_EQ(*resolved, Device::kGpu);
  } else {
    EXPECT_EQ(resolved.error().code(), StatusCode::kUnavailable);
    EXPECT_NE(resolved.error().message().find("install"), std::string::npos);
  }
}

}  // namespace
}  // namespace recover

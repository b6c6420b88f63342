// The GPU path on whatever Vulkan driver the test machine has; without a GPU that is
// SwiftShader, a driver that computes on the CPU (part of Debian's chromium-common).
#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "neural/session.h"
#include "neural/test_models.h"

namespace recover {
namespace {

namespace fs = std::filesystem;

/// Points the Vulkan loader at SwiftShader, unless the caller has chosen a driver.
/// Before the first GPU session. Returns why there is none, or an empty text.
std::string ChooseDriver() {
  if (dlopen("libvulkan.so.1", RTLD_LAZY) == nullptr) {
    return "no Vulkan loader (libvulkan1)";
  }
  const fs::path icd = "/usr/lib/chromium/vk_swiftshader_icd.json";
  if (fs::exists(icd)) {
    setenv("VK_ICD_FILENAMES", icd.c_str(), /*overwrite=*/0);
  }
  if (std::getenv("VK_ICD_FILENAMES") == nullptr) {
    return "no SwiftShader (chromium-common) and no VK_ICD_FILENAMES";
  }
  return "";
}

Tensor Random(const Shape& shape, uint32_t seed) {
  Tensor tensor(shape);
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(0.0F, 1.0F);
  std::ranges::generate(tensor.values, [&] { return uniform(engine); });
  return tensor;
}

TEST(SessionGpu, EqualsTheCpuTo1In255) {
  if (const std::string missing = ChooseDriver(); !missing.empty()) {
    GTEST_SKIP() << missing;
  }
  if (const Result<Device> device = ResolveDevice(Device::kGpu); !device) {
    GTEST_SKIP() << device.error().message();
  }
  // From here on nothing is missing, so nothing may fail.
  const std::string onnx = LoadTinyModel("unet").onnx;
  SessionOptions options;
  options.device = Device::kGpu;
  const Result<Session> gpu = Session::Load(onnx, options);
  ASSERT_TRUE(gpu) << gpu.error().message();
  EXPECT_EQ(gpu->device(), Device::kGpu);
  Result<Session> cpu = Session::Load(onnx, {});
  ASSERT_TRUE(cpu);

  for (const int64_t side : {int64_t{16}, int64_t{112}}) {
    Tensor image = Random({1, 3, side, side + 16}, 1);
    Tensor noise = Random({1, 4, side / 4, side / 4 + 4}, 2);
    Tensor dials = Random({1, 16}, 3);
    Tensor prompt = Random({1, 64}, 4);
    const std::vector<NamedTensor> inputs = {{"image", image.shape, image.values},
                                             {"noise", noise.shape, noise.values},
                                             {"dials", dials.shape, dials.values},
                                             {"prompt", prompt.shape, prompt.values}};
    Tensor on_cpu(image.shape);
    Tensor on_gpu(image.shape);
    ASSERT_TRUE(cpu->Run(inputs, {"restored", on_cpu.shape, on_cpu.values}).ok());
    const Status status = gpu->Run(inputs, {"restored", on_gpu.shape, on_gpu.values});
    ASSERT_TRUE(status.ok()) << status.message();
    double changed = 0;
    for (size_t i = 0; i < on_cpu.values.size(); ++i) {
      ASSERT_NEAR(on_gpu.values[i], on_cpu.values[i], 1.0 / 255) << i;
      changed = std::max<double>(changed, std::abs(on_cpu.values[i] - image.values[i]));
    }
    EXPECT_GT(changed, 0.05) << "the network does nothing";
  }
}

TEST(SessionGpu, WithoutADriverTheErrorSaysWhatToInstall) {
  // A process of its own: the Vulkan loader reads its environment once.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        setenv("VK_ICD_FILENAMES", "/nonexistent.json", 1);
        SessionOptions options;
        options.device = Device::kGpu;
        const Result<Session> session = Session::Load(LoadTinyModel("unet").onnx, options);
        const bool helpful = !session && session.error().code() == StatusCode::kUnavailable &&
                             session.error().message().find("install") != std::string::npos;
        std::_Exit(helpful ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace recover

#include "restore/general_network.h"

#include <gtest/gtest.h>

#include "neural/test_models.h"

namespace recover {
namespace {

std::unique_ptr<GeneralNetwork> Load(const std::string& name) {
  Result<std::unique_ptr<GeneralNetwork>> network =
      GeneralNetwork::Create(LoadTinyModel(name), Device::kCpu);
  RECOVER_CHECK(network.has_value());
  return *std::move(network);
}

TEST(GeneralNetwork, DialsHoldDefaultsScaleAndCreativity) {
  const auto network = Load("dials");
  NetworkSettings settings;
  settings.scale = 4.0;
  settings.creativity = 5;
  const Result<std::vector<float>> dials = network->DialValues(settings);
  ASSERT_TRUE(dials);
  ASSERT_EQ(dials->size(), 16U);
  EXPECT_EQ((*dials)[0], 2.0F);
  EXPECT_EQ((*dials)[1], 0.45F);
  EXPECT_EQ((*dials)[2], 0.5F) << "the manifest's default";
  EXPECT_EQ((*dials)[3], 0.0F);
}

TEST(GeneralNetwork, ScaleIsHeldInTheDialsRange) {
  const auto network = Load("dials");
  NetworkSettings settings;
  for (const auto& [scale, expected] :
       {std::pair{0.25, 0.0F}, {1.0, 0.0F}, {8.0, 3.0F}, {64.0, 3.0F}}) {
    settings.scale = scale;
    EXPECT_EQ((*network->DialValues(settings))[0], expected) << scale;
  }
}

TEST(GeneralNetwork, BothEndsOfCreativityAreTheTables) {
  const auto network = Load("dials");
  NetworkSettings settings;
  settings.creativity = 1;
  EXPECT_EQ((*network->DialValues(settings))[1], 0.0F);
  settings.creativity = 9;
  EXPECT_EQ((*network->DialValues(settings))[1], 1.0F);
  for (const int outside : {0, 10, -1}) {
    settings.creativity = outside;
    EXPECT_EQ(network->DialValues(settings).error().code(), StatusCode::kInvalidArgument);
  }
}

TEST(GeneralNetwork, DialsAreSetByNameAndCheckedAgainstTheirRange) {
  const auto network = Load("dials");
  NetworkSettings settings;
  settings.dials = {{"texture", 1.0}};
  EXPECT_EQ((*network->DialValues(settings))[2], 1.0F);
  settings.dials = {{"texture", 1.1}};
  EXPECT_EQ(network->DialValues(settings).error().code(), StatusCode::kInvalidArgument);
  settings.dials = {{"glow", 1.0}};
  const Status unknown = network->DialValues(settings).error();
  EXPECT_EQ(unknown.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(unknown.message().find("texture"), std::string::npos) << "names what there is";
}

TEST(GeneralNetwork, NetworkThatIsNotWhatItsManifestSaysIsRefused) {
  const auto refusal = [](StoredModel model) {
    return GeneralNetwork::Create(std::move(model), Device::kCpu).error();
  };
  Status status = refusal(LoadTinyModel("no-noise"));
  EXPECT_EQ(status.code(), StatusCode::kCorruptInput);

  StoredModel model = LoadTinyModel("unet");
  model.manifest.noise_channels = 3;
  status = refusal(std::move(model));
  EXPECT_EQ(status.code(), StatusCode::kCorruptInput);
  EXPECT_NE(status.message().find("noise"), std::string::npos);

  model = LoadTinyModel("unet");
  model.manifest.prompt_size = 32;
  EXPECT_NE(refusal(std::move(model)).message().find("prompt"), std::string::npos);

  model = LoadTinyModel("unet");
  model.manifest.dials[2].index = 16;
  EXPECT_NE(refusal(std::move(model)).message().find("texture"), std::string::npos);

  model = LoadTinyModel("unet");
  model.onnx = "broken";
  EXPECT_EQ(refusal(std::move(model)).code(), StatusCode::kCorruptInput);
}

}  // namespace
}  // namespace recover

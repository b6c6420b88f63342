#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <recover/recover.h>

#include "codec/encode.h"
#include "image/image_rows.h"

namespace recover {
namespace {

namespace fs = std::filesystem;

class RecoverApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "api-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    Image image({90, 70}, 3);
    for (size_t i = 0; i < image.samples().size(); ++i) {
      image.samples()[i] = static_cast<float>((i * 37) % 256) / 255;
    }
    ImageRows rows(std::move(image));
    ASSERT_TRUE(EncodeFile(rows, {}, {.format = FileFormat::kPng}, folder_ / "in.png").ok());
  }
  void TearDown() override { fs::remove_all(folder_); }

  static Outcome<Enhancer> Load(const std::string& model) {
    LoadOptions options;
    options.model = model;
    options.models_folder = fs::path(RECOVER_SOURCE_DIR) / "tests" / "data" / "tiny_models";
    options.threads = 2;
    return Enhancer::Load(options);
  }

  std::string Bytes(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path folder_;
};

TEST_F(RecoverApiTest, OneEnhancerServesManyThreads) {
  const auto enhancer = Load("unet");
  ASSERT_TRUE(enhancer) << enhancer.error().message;
  EnhanceSettings settings;
  settings.scale = 2;
  settings.creativity = 9;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const auto report = enhancer->EnhanceFile(
          folder_ / "in.png", folder_ / ("out" + std::to_string(i) + ".png"), settings);
      EXPECT_TRUE(report) << report.error().message;
      if (report) {
        EXPECT_EQ(report->output_width, 180);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 1; i < 4; ++i) {
    EXPECT_EQ(Bytes("out" + std::to_string(i) + ".png"), Bytes("out0.png"));
  }
}

TEST_F(RecoverApiTest, BytesInBytesOutEqualTheFile) {
  const auto enhancer = Load("unet");
  ASSERT_TRUE(enhancer);
  EnhanceSettings settings;
  settings.format = "tiff";
  const auto made = enhancer->EnhanceBytes(Bytes("in.png"), "upload", settings);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->report.format, "tiff");
  ASSERT_TRUE(enhancer->EnhanceFile(folder_ / "in.png", folder_ / "out.tif", settings));
  EXPECT_EQ(made->bytes, Bytes("out.tif"));
}

TEST_F(RecoverApiTest, ErrorsAreSentencesOfAKind) {
  const auto missing = Load("nowhere");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  const auto enhancer = Load("identity");
  ASSERT_TRUE(enhancer);
  const auto kind = [&](const EnhanceSettings& settings, const std::string& output) {
    return enhancer->EnhanceFile(folder_ / "in.png", folder_ / output, settings).error().kind;
  };
  EnhanceSettings bad;
  bad.creativity = 10;
  EXPECT_EQ(kind(bad, "o.png"), ErrorKind::kInvalidArgument);
  bad = {};
  bad.seed = -1;
  EXPECT_EQ(kind(bad, "o.png"), ErrorKind::kInvalidArgument);
  bad = {};
  bad.scale = 2;
  bad.width = 5;
  EXPECT_EQ(kind(bad, "o.png"), ErrorKind::kInvalidArgument);
  EXPECT_EQ(kind({}, "o.xyz"), ErrorKind::kUnsupportedFormat);
  EXPECT_EQ(kind({}, "in.png"), ErrorKind::kInvalidArgument);
  std::ofstream(folder_ / "there.png") << "x";
  EXPECT_EQ(kind({}, "there.png"), ErrorKind::kAlreadyExists);
  EXPECT_EQ(enhancer->EnhanceBytes("no picture", "upload", {}).error().kind,
            ErrorKind::kUnsupportedFormat);
  EXPECT_FALSE(fs::exists(folder_ / "o.png"));
}

TEST_F(RecoverApiTest, AStopEndsTheRunAndProgressIsAShare) {
  const auto enhancer = Load("unet");
  ASSERT_TRUE(enhancer);
  std::stop_source stop;
  double last = 0;
  EnhanceControl control;
  control.progress = [&last](double share) {
    EXPECT_GE(share, last);
    last = share;
  };
  ASSERT_TRUE(enhancer->EnhanceFile(folder_ / "in.png", folder_ / "a.png", {}, control));
  EXPECT_EQ(last, 1.0);
  stop.request_stop();
  control = {};
  control.stop = stop.get_token();
  EXPECT_EQ(enhancer->EnhanceFile(folder_ / "in.png", folder_ / "b.png", {}, control).error().kind,
            ErrorKind::kCancelled);
  EXPECT_FALSE(fs::exists(folder_ / "b.png"));
}

TEST(RecoverApi, TheVersionHasThreeParts) {
  EXPECT_EQ(std::count(Version().begin(), Version().end(), '.'), 2);
}

}  // namespace
}  // namespace recover

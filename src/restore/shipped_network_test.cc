// Laws that every network in models/ must keep, whatever it was trained for.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "image/image_rows.h"
#include "restore/restore_rows.h"

namespace recover {
namespace {

namespace fs = std::filesystem;

ModelStore Shipped() { return ModelStore({fs::path(RECOVER_SOURCE_DIR) / "models"}); }

std::vector<std::string> ShippedNames() {
  std::vector<std::string> names;
  for (const ModelListing& listing : Shipped().List()) {
    names.push_back(listing.name);
  }
  return names;
}

/// Something like a photograph: smooth shades, edges, and fine texture.
Image Scene(Size size) {
  std::mt19937 engine(7);
  std::uniform_real_distribution<float> uniform(-0.08F, 0.08F);
  Image image(size, 3);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const float shade = 0.5F + 0.3F * std::sin(0.013F * static_cast<float>(x + c * 40)) *
                                       std::cos(0.017F * static_cast<float>(y));
        const float edge = (x / 37 + y / 53) % 2 == 0 ? 0.1F : -0.1F;
        image.at(x, y, c) = std::clamp(shade + edge + uniform(engine), 0.0F, 1.0F);
      }
    }
  }
  return image;
}

class ShippedNetwork : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    Result<StoredModel> model = Shipped().Load(GetParam());
    ASSERT_TRUE(model) << model.error().message();
    model_ = *model;
    Result<std::unique_ptr<GeneralNetwork>> network =
        GeneralNetwork::Create(*std::move(model), Device::kCpu);
    ASSERT_TRUE(network) << network.error().message();
    network_ = *std::move(network);
  }

  Image Restore(const Image& image, int tile_px, int threads = 1) {
    ThreadPool pool(threads);
    RunContext context;
    context.pool = &pool;
    RestoreOptions options;
    options.settings.scale = 2.0;
    options.settings.creativity = 9;
    options.seed = 11;
    options.tile_px = tile_px;
    Result<std::unique_ptr<RestoreRows>> rows = RestoreRows::Create(
        std::make_unique<ImageRows>(image.Clone()), *network_, options, context);
    RECOVER_CHECK(rows.has_value());
    Result<Image> restored = ReadImage(**rows);
    RECOVER_CHECK(restored.has_value());
    return *std::move(restored);
  }

  StoredModel model_;
  std::unique_ptr<GeneralNetwork> network_;
};

double LargestDifference(const Image& a, const Image& b) {
  double largest = 0;
  for (size_t i = 0; i < a.samples().size(); ++i) {
    largest = std::max<double>(largest, std::abs(a.samples()[i] - b.samples()[i]));
  }
  return largest;
}

TEST_P(ShippedNetwork, CardIsThereAndFilesFitTheManifest) {
  EXPECT_TRUE(fs::is_regular_file(model_.folder / model_.manifest.card));
  EXPECT_EQ(model_.manifest.licence, "Apache-2.0");
}

TEST_P(ShippedNetwork, TiledEqualsUntiled) {
  const Image image = Scene({509, 383});
  EXPECT_LT(LargestDifference(Restore(image, 128), Restore(image, 16384)), 1.0 / 255);
}

TEST_P(ShippedNetwork, NothingActsFartherThanTheStatedRadius) {
  const int radius = model_.manifest.receptive_field_radius_px;
  const Size size{368, 368};
  const Image image = Scene(size);
  Image changed = image.Clone();
  const Rect patch{176, 176, 16, 16};
  for (int y = patch.y; y < patch.bottom(); ++y) {
    for (int x = patch.x; x < patch.right(); ++x) {
      for (int c = 0; c < 3; ++c) {
        changed.at(x, y, c) = 1.0F - image.at(x, y, c);
      }
    }
  }
  const Image a = Restore(image, 16384);
  const Image b = Restore(changed, 16384);
  EXPECT_GT(LargestDifference(a, b), 0.1);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const int dx = std::max({patch.x - x, x - patch.right() + 1, 0});
      const int dy = std::max({patch.y - y, y - patch.bottom() + 1, 0});
      if (std::max(dx, dy) > radius) {
        ASSERT_EQ(a.at(x, y, 0), b.at(x, y, 0)) << x << "," << y;
      }
    }
  }
}

TEST_P(ShippedNetwork, SameBytesForAnyThreads) {
  // One tile: the threads work inside the network. Two: side by side.
  for (const Size size : {Size{150, 130}, Size{470, 100}}) {
    const Image image = Scene(size);
    const Image one = Restore(image, 128, 1);
    for (const int threads : {2, 3, 4}) {
      const Image many = Restore(image, 128, threads);
      EXPECT_TRUE(std::ranges::equal(many.samples(), one.samples())) << threads;
    }
  }
}

TEST_P(ShippedNetwork, WeightsAreUnfoldedAtLoad) {
  const fs::path path = fs::path(testing::TempDir()) / (GetParam() + "-optimized.onnx");
  SessionOptions options;
  options.optimized_graph_path = path;
  ASSERT_TRUE(Session::Load(model_.onnx, options));
  // As fp32 the weights alone take 4 bytes each.
  EXPECT_GT(static_cast<double>(fs::file_size(path)),
            3.8 * static_cast<double>(model_.manifest.parameters));
  fs::remove(path);
}

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0;
  int64_t resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

TEST_P(ShippedNetwork, ActivationsStayUnderWhatTheManifestStates) {
  const Size size{640, 640};
  std::vector<float> image(3 * size.area());
  std::vector<float> restored(image.size());
  std::vector<float> noise(model_.manifest.noise_channels * size.area() / 16);
  std::vector<float> dials = *network_->DialValues({});
  const TileTensors tile{size, image, noise, dials, restored};
  std::ranges::fill(restored, 1.0F);
  const int64_t before = ResidentBytes();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(network_->RestoreTile(tile, 1, {}).ok());
  }
  // The engine keeps what it took, so the resident size afterwards is the peak.
  const int64_t stated = model_.manifest.activation_bytes_per_px * size.area();
  EXPECT_LT(ResidentBytes() - before, stated);
  EXPECT_GT(ResidentBytes() - before, stated / 8) << "the stated figure is far too high";
}

TEST(ShippedNetworks, ThereIsAtLeastOne) { EXPECT_FALSE(ShippedNames().empty()); }

std::string TestName(const testing::TestParamInfo<std::string>& parameter) {
  std::string name = parameter.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Models, ShippedNetwork, testing::ValuesIn(ShippedNames()), TestName);

}  // namespace
}  // namespace recover

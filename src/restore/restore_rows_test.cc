#include "restore/restore_rows.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "image/colour.h"
#include "image/image_rows.h"
#include "image/noise_field.h"
#include "neural/test_models.h"

namespace recover {
namespace {

constexpr int kUntiled = 16384;
/// How far from an edge of alpha the network may still change it (tile_pixels.h).
constexpr int kAlphaMargin = 8;

std::unique_ptr<GeneralNetwork> Load(StoredModel model) {
  Result<std::unique_ptr<GeneralNetwork>> network =
      GeneralNetwork::Create(std::move(model), Device::kCpu);
  RECOVER_CHECK(network.has_value());
  return *std::move(network);
}

std::unique_ptr<GeneralNetwork> Load(const std::string& name) { return Load(LoadTinyModel(name)); }

Image Random(Size size, int channels, uint32_t seed = 1) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(0.0F, 1.0F);
  Image image(size, channels);
  std::ranges::generate(image.samples(), [&] { return uniform(engine); });
  return image;
}

Result<Image> TryRestore(const GeneralNetwork& network, const Image& image,
                         const RestoreOptions& options, const RunContext& context = {},
                         int chunk_rows = 64) {
  RECOVER_ASSIGN_OR_RETURN(
      const std::unique_ptr<RestoreRows> rows,
      RestoreRows::Create(std::make_unique<ImageRows>(image.Clone()), network, options, context));
  return ReadImage(*rows, chunk_rows);
}

Image Restore(const GeneralNetwork& network, const Image& image, const RestoreOptions& options,
              const RunContext& context = {}, int chunk_rows = 64) {
  Result<Image> restored = TryRestore(network, image, options, context, chunk_rows);
  RECOVER_CHECK(restored.has_value());
  return *std::move(restored);
}

double LargestDifference(const Image& a, const Image& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (size_t i = 0; i < a.samples().size(); ++i) {
    largest = std::max<double>(largest, std::abs(a.samples()[i] - b.samples()[i]));
  }
  return largest;
}

/// Creative, so that noise is in play, with a side that cuts small pictures.
RestoreOptions Options(int tile_px, int creativity = 9) {
  RestoreOptions options;
  options.settings.creativity = creativity;
  options.settings.scale = 2.0;
  options.seed = 42;
  options.tile_px = tile_px;
  return options;
}

TEST(RestoreRows, TiledEqualsUntiledOverAwkwardSizes) {
  const auto network = Load("unet");
  // The overlap is 128, so tiles of 64 are 192 long; 193 and 257 are just over.
  const Size sizes[] = {{1, 1},    {1, 211},   {223, 1},   {15, 17},
                        {192, 16}, {193, 192}, {257, 193}, {331, 127}};
  for (const Size size : sizes) {
    const Image image = Random(size, 3);
    const Image untiled = Restore(*network, image, Options(kUntiled));
    EXPECT_GT(LargestDifference(untiled, image), 0.05) << "the network does nothing";
    for (const int tile_px : {16, 48, 64}) {
      EXPECT_LT(LargestDifference(Restore(*network, image, Options(tile_px)), untiled), 1e-5)
          << size.width << "x" << size.height << " in tiles of " << tile_px;
    }
  }
}

// Shows that the law above can fail: with half the overlap seams appear.
TEST(RestoreRows, TooSmallARadiusMakesSeams) {
  StoredModel model = LoadTinyModel("unet");
  model.manifest.receptive_field_radius_px = 16;
  const auto network = Load(std::move(model));
  const Image image = Random({331, 227}, 3);
  EXPECT_GT(LargestDifference(Restore(*network, image, Options(64)),
                              Restore(*network, image, Options(kUntiled))),
            1e-3);
}

TEST(RestoreRows, EqualsTheNetworkRunByHandOnTheMirroredPicture) {
  const auto network = Load("unet");
  const Image image = Random({37, 21}, 3);
  const Size padded{48, 32};
  const size_t plane = padded.area();
  std::vector<float> in(3 * plane);
  std::vector<float> out(3 * plane);
  std::vector<float> noise(4 * plane / 16);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < padded.height; ++y) {
      for (int x = 0; x < padded.width; ++x) {
        const int u = x < 37 ? x : 72 - x;
        const int v = y < 21 ? y : 40 - y;
        in[c * plane + static_cast<size_t>(y) * padded.width + x] = image.at(u, v, c);
      }
    }
  }
  NoiseField(42).Fill({0, 0, 12, 8}, 4, noise);
  const RestoreOptions options = Options(kUntiled);
  std::vector<float> dials = *network->DialValues(options.settings);
  ASSERT_TRUE(network->RestoreTile({padded, in, noise, dials, out}, 1, {}).ok());
  const Image restored = Restore(*network, image, options);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 21; ++y) {
      for (int x = 0; x < 37; ++x) {
        ASSERT_EQ(restored.at(x, y, c), out[c * plane + static_cast<size_t>(y) * padded.width + x]);
      }
    }
  }
}

TEST(RestoreRows, SameBytesForAnyThreadsMemoryAndHeightsRead) {
  const auto network = Load("unet");
  for (const int channels : {1, 3, 4}) {
    const Image image = Random({411, 293}, channels);
    const Image expected = Restore(*network, image, Options(64));
    for (int threads = 1; threads <= 4; ++threads) {
      ThreadPool pool(threads);
      RunContext context;
      context.pool = &pool;
      for (const int tiles_at_once : {0, 1, 2}) {
        RestoreOptions options = Options(64);
        options.max_tiles_at_once = tiles_at_once;
        const int chunk_rows = threads == 1 ? 1 : 50 * threads;
        const Image restored = Restore(*network, image, options, context, chunk_rows);
        EXPECT_TRUE(std::ranges::equal(restored.samples(), expected.samples()))
            << channels << " channels, " << threads << " threads, " << tiles_at_once;
      }
    }
  }
}

TEST(RestoreRows, SeedChangesTheResultOnlyWhenCreative) {
  const auto network = Load("unet");
  const Image image = Random({48, 48}, 3);
  RestoreOptions other = Options(64);
  other.seed = 43;
  EXPECT_GT(
      LargestDifference(Restore(*network, image, Options(64)), Restore(*network, image, other)),
      0.01);
  other.settings.creativity = 1;
  EXPECT_EQ(
      LargestDifference(Restore(*network, image, Options(64, 1)), Restore(*network, image, other)),
      0.0);
}

TEST(RestoreRows, NoiseStandsOnThePicturesOwnGrid) {
  const auto network = Load("noise");
  const Image image = Random({150, 90}, 3);
  std::vector<float> noise(4 * 38 * 23);
  NoiseField(42).Fill({0, 0, 38, 23}, 4, noise);
  for (const int tile_px : {16, 64}) {
    const Image restored = Restore(*network, image, Options(tile_px));
    for (int y = 0; y < 90; ++y) {
      for (int x = 0; x < 150; ++x) {
        const float expected = image.at(x, y, 1) + 0.1F * noise[(y / 4) * 38 + x / 4];
        ASSERT_NEAR(restored.at(x, y, 1), expected, 1e-5) << x << "," << y;
      }
    }
  }
}

TEST(RestoreRows, ConstantStaysConstant) {
  const auto network = Load("sharpen");
  for (const Size size : {Size{1, 1}, Size{65, 33}, Size{200, 130}}) {
    for (int channels = 1; channels <= 4; ++channels) {
      for (const float value : {0.0F, 0.3F, 1.0F}) {
        Image image(size, channels);
        std::ranges::fill(image.samples(), value);
        EXPECT_LT(LargestDifference(Restore(*network, image, Options(32)), image), 1e-6);
      }
    }
  }
}

TEST(RestoreRows, WideGamutColoursPassAroundTheNetwork) {
  Image image = Random({40, 24}, 3);
  for (size_t i = 0; i < image.samples().size(); i += 7) {
    image.samples()[i] = i % 2 == 0 ? -0.2F : 1.3F;
  }
  EXPECT_LT(LargestDifference(Restore(*Load("identity"), image, Options(16)), image), 1e-6);
  // What the network adds is what it adds to the clamped picture.
  Image clamped = image.Clone();
  std::ranges::transform(clamped.samples(), clamped.samples().begin(),
                         [](float v) { return std::clamp(v, 0.0F, 1.0F); });
  const auto network = Load("unet");
  const Image wide = Restore(*network, image, Options(16));
  const Image narrow = Restore(*network, clamped, Options(16));
  for (size_t i = 0; i < wide.samples().size(); ++i) {
    ASSERT_NEAR(wide.samples()[i] - image.samples()[i], narrow.samples()[i] - clamped.samples()[i],
                1e-6);
  }
}

TEST(RestoreRows, GreyIsTheLumaOfGreyAsRgb) {
  const auto network = Load("unet");
  const Image grey = Random({70, 50}, 1);
  Image rgb({70, 50}, 3);
  for (int y = 0; y < 50; ++y) {
    for (int x = 0; x < 70; ++x) {
      std::fill_n(rgb.view().pixel(x, y), 3, grey.at(x, y, 0));
    }
  }
  const Image from_grey = Restore(*network, grey, Options(32));
  const Image from_rgb = Restore(*network, rgb, Options(32));
  for (int y = 0; y < 50; ++y) {
    for (int x = 0; x < 70; ++x) {
      const float luma = Luma(from_rgb.at(x, y, 0), from_rgb.at(x, y, 1), from_rgb.at(x, y, 2));
      ASSERT_EQ(from_grey.at(x, y, 0), luma);
    }
  }
}

/// Random colours; alpha transparent at the left, opaque at the right, a ramp between.
Image WithRamp(Size size, int channels) {
  Image image = Random(size, channels);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const float ramp = static_cast<float>(x - size.width / 2) / 16.0F;
      image.at(x, y, channels - 1) = std::clamp(ramp, 0.0F, 1.0F);
    }
  }
  return image;
}

TEST(RestoreRows, AlphaIsAMatteWithoutInventions) {
  const auto network = Load("noise");
  for (const int channels : {2, 4}) {
    const Image image = WithRamp({160, 40}, channels);
    const Image restored = Restore(*network, image, Options(32));
    double colour_change = 0;
    for (int y = 0; y < 40; ++y) {
      for (int x = 0; x < 160; ++x) {
        EXPECT_NEAR(restored.at(x, y, channels - 1), image.at(x, y, channels - 1), 1e-6);
        colour_change =
            std::max<double>(colour_change, std::abs(restored.at(x, y, 0) - image.at(x, y, 0)));
      }
    }
    EXPECT_GT(colour_change, 0.1) << "colours are restored with the creativity asked for";
  }
}

TEST(RestoreRows, FlatAlphaStaysExactAndTilesAgree) {
  const auto network = Load("unet");
  const Image image = WithRamp({400, 70}, 4);
  const Image untiled = Restore(*network, image, Options(kUntiled));
  const Image tiled = Restore(*network, image, Options(16));
  EXPECT_LT(LargestDifference(tiled, untiled), 1e-5);
  double change = 0;
  for (int y = 0; y < 70; ++y) {
    for (int x = 0; x < 400; ++x) {
      const float alpha = tiled.at(x, y, 3);
      ASSERT_TRUE(alpha >= 0.0F && alpha <= 1.0F);
      if (x < 200 - kAlphaMargin) {
        ASSERT_EQ(alpha, 0.0F) << x;
      } else if (x > 216 + kAlphaMargin) {
        ASSERT_EQ(alpha, 1.0F) << x;
      }
      change = std::max<double>(change, std::abs(alpha - image.at(x, y, 3)));
    }
  }
  EXPECT_GT(change, 0.01) << "the matte does pass through the network";
}

TEST(RestoreRows, ColourDoesNotDependOnAlpha) {
  const auto network = Load("unet");
  const Image rgba = WithRamp({90, 60}, 4);
  Image rgb({90, 60}, 3);
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 90; ++x) {
      std::copy_n(rgba.view().pixel(x, y), 3, rgb.view().pixel(x, y));
    }
  }
  const Image a = Restore(*network, rgba, Options(64));
  const Image b = Restore(*network, rgb, Options(64));
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 90; ++x) {
      ASSERT_EQ(a.at(x, y, 2), b.at(x, y, 2));
    }
  }
}

TEST(RestoreRows, ProgressNeverFallsAndEndsAtTheWhole) {
  const auto network = Load("unet");
  ThreadPool pool(3);
  RunContext context;
  context.pool = &pool;
  std::vector<int64_t> reports;
  context.progress = [&](int64_t done, int64_t total) {
    EXPECT_EQ(total, 300 * 200);
    reports.push_back(done);
  };
  Restore(*network, Random({300, 200}, 4), Options(32), context);
  ASSERT_GT(reports.size(), 10U);
  EXPECT_TRUE(std::ranges::is_sorted(reports));
  EXPECT_EQ(reports.back(), 300 * 200);
}

TEST(RestoreRows, StopsWithinATile) {
  const auto network = Load("unet");
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    std::stop_source stop;
    RunContext context;
    context.pool = &pool;
    context.stop = stop.get_token();
    std::atomic<int> tiles = 0;
    context.progress = [&](int64_t, int64_t) {
      if (++tiles == 2) {
        stop.request_stop();
      }
    };
    const Result<Image> restored =
        TryRestore(*network, Random({900, 300}, 3), Options(16), context);
    EXPECT_EQ(restored.error().code(), StatusCode::kCancelled);
    EXPECT_LE(tiles, 2 + threads) << "only tiles that were running may still finish";
  }
}

TEST(RestoreRows, StopBeforeTheFirstTile) {
  const auto network = Load("identity");
  std::stop_source stop;
  stop.request_stop();
  RunContext context;
  context.stop = stop.get_token();
  EXPECT_EQ(TryRestore(*network, Random({20, 20}, 3), Options(16), context).error().code(),
            StatusCode::kCancelled);
}

/// Fails after some rows.
class BrokenRows final : public RowSource {
 public:
  Size size() const override { return {64, 300}; }
  int channels() const override { return 3; }
  Status Read(MutableImageView rows) override {
    row_ += rows.height();
    return row_ > 200 ? Status(StatusCode::kCorruptInput, "cut short") : Status::Ok();
  }

 private:
  int row_ = 0;
};

TEST(RestoreRows, SourcesErrorComesThroughAndStays) {
  const auto network = Load("identity");
  Result<std::unique_ptr<RestoreRows>> rows =
      RestoreRows::Create(std::make_unique<BrokenRows>(), *network, Options(16), {});
  ASSERT_TRUE(rows);
  Image image({64, 300}, 3);
  EXPECT_EQ((*rows)->Read(image.view()).code(), StatusCode::kCorruptInput);
  EXPECT_EQ((*rows)->Read(image.view().Crop({0, 0, 64, 1})).code(), StatusCode::kCorruptInput);
}

TEST(RestoreRows, BadSettingsAreRefusedBeforeAnyWork) {
  const auto network = Load("identity");
  const Image image = Random({20, 20}, 3);
  for (const int tile_px : {-1, 8, 20000}) {
    EXPECT_EQ(TryRestore(*network, image, Options(tile_px)).error().code(),
              StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(TryRestore(*network, image, Options(64, 10)).error().code(),
            StatusCode::kInvalidArgument);
}

TEST(RestoreRows, TimesAddUp) {
  const auto network = Load("unet");
  Result<std::unique_ptr<RestoreRows>> rows = RestoreRows::Create(
      std::make_unique<ImageRows>(Random({200, 200}, 3)), *network, Options(64), {});
  ASSERT_TRUE(rows);
  ASSERT_TRUE(ReadImage(**rows));
  const RestoreTimes times = (*rows)->times();
  EXPECT_GT(times.network.count(), 0);
  EXPECT_GT(times.tiles, times.network) << "one thread: the network is a part of the tiles' time";
}

TEST(RestoreMemory, StaysWithTheWidthNotTheHeight) {
  const Manifest manifest = LoadTinyModel("unet").manifest;
  const auto bytes = [&](Size size) {
    const Result<TilePlan> plan = PlanRestore(manifest, size, 3, 1024);
    return RestoreMemoryBytes(manifest, *plan, 3, 2);
  };
  EXPECT_NEAR(static_cast<double>(bytes({12000, 8000})) / bytes({12000, 80000}), 1.0, 0.15);
}

}  // namespace
}  // namespace recover

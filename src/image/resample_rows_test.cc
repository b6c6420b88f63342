#include "image/resample_rows.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "image/image_rows.h"

namespace recover {
namespace {

Image Random(Size size, int channels, uint32_t seed = 1) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(0.0F, 1.0F);
  Image image(size, channels);
  for (float& sample : image.samples()) {
    sample = uniform(engine);
  }
  return image;
}

Image Resample(const Image& image, const ResampleOptions& options, ThreadPool* pool = nullptr,
               int chunk_rows = 64) {
  ResampleRows rows(std::make_unique<ImageRows>(image.Clone()), options, pool);
  Result<Image> out = ReadImage(rows, chunk_rows);
  RECOVER_CHECK(out.has_value());
  return *std::move(out);
}

double LargestDifference(const Image& a, const Image& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (size_t i = 0; i < a.samples().size(); ++i) {
    largest = std::max<double>(largest, std::abs(a.samples()[i] - b.samples()[i]));
  }
  return largest;
}

/// The slow obvious twin of one output sample: the definition, in double, over
/// every input sample.
double SlowSample(const Image& image, const RectF& crop, Size out, int x, int y, int c) {
  const auto weights = [](int length, double from, double extent, int count, int i) {
    const double scale = extent / count;
    const double wide = std::max(scale, 1.0);
    const double center = from + (i + 0.5) * scale;
    std::vector<double> w(length);
    double sum = 0;
    for (int k = 0; k < length; ++k) {
      w[k] = Lanczos3((k + 0.5 - center) / wide);
      sum += w[k];
    }
    for (double& v : w) {
      v /= sum;
    }
    return w;
  };
  const std::vector<double> wx = weights(image.width(), crop.x, crop.width, out.width, x);
  const std::vector<double> wy = weights(image.height(), crop.y, crop.height, out.height, y);
  double sum = 0;
  for (int v = 0; v < image.height(); ++v) {
    for (int u = 0; u < image.width(); ++u) {
      sum += wy[v] * wx[u] * image.at(u, v, c);
    }
  }
  return sum;
}

Image SlowResample(const Image& image, const RectF& crop, Size size) {
  Image out(size, image.channels());
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      for (int c = 0; c < image.channels(); ++c) {
        out.at(x, y, c) = static_cast<float>(SlowSample(image, crop, size, x, y, c));
      }
    }
  }
  return out;
}

TEST(ResampleRows, EqualsTheSlowTwinOverAwkwardSizes) {
  const Size sizes[] = {{1, 1}, {1, 9}, {7, 1}, {2, 3}, {13, 17}, {16, 5}};
  const Size targets[] = {{1, 1}, {1, 30}, {31, 2}, {5, 5}, {29, 23}};
  int channels = 1;
  for (const Size from : sizes) {
    for (const Size to : targets) {
      const Image image = Random(from, channels);
      const RectF whole{0, 0, static_cast<double>(from.width), static_cast<double>(from.height)};
      EXPECT_LT(LargestDifference(Resample(image, {.size = to}), SlowResample(image, whole, to)),
                2e-6)
          << from.width << "x" << from.height << " -> " << to.width << "x" << to.height;
      channels = channels % 4 + 1;
    }
  }
}

TEST(ResampleRows, CropEqualsTheSlowTwin) {
  const Image image = Random({23, 19}, 3);
  for (const RectF crop :
       {RectF{0.5, 0.25, 20.5, 18.0}, RectF{3, 4, 7, 5}, RectF{22.5, 0, 0.5, 19}}) {
    for (const Size to : {Size{7, 5}, Size{40, 33}}) {
      EXPECT_LT(LargestDifference(Resample(image, {.size = to, .crop = crop}),
                                  SlowResample(image, crop, to)),
                2e-6);
    }
  }
}

// Values made with Pillow 9.4: Image.resize(size, LANCZOS, box) in mode "F" of
// ((7 x + 13 y) mod 11) / 10.
TEST(ResampleRows, EqualsPillow) {
  Image image({9, 7}, 1);
  for (int y = 0; y < 7; ++y) {
    for (int x = 0; x < 9; ++x) {
      image.at(x, y, 0) = static_cast<float>((x * 7 + y * 13) % 11) / 10.0F;
    }
  }
  const float whole[] = {
      0.225952F, 0.703902F, 0.600014F, 0.637490F, 0.335449F, 0.389867F, 0.615689F, 0.530975F,
      0.480867F, 0.358423F, 0.560763F, 0.468188F, 0.494848F, 0.286231F, 0.448967F, 0.398443F,
      0.378662F, 0.684694F, 0.355589F, 0.632262F, 0.227470F, 0.459956F, 0.736458F, 0.482512F,
      0.635199F, 0.353780F, 0.623042F, 0.477817F, 0.441472F, 0.402005F, 0.488909F, 0.522087F,
      0.423339F, 0.493211F, 0.370064F, 0.547390F, 0.250745F, 0.619605F, 0.626572F, 0.532978F,
      0.701502F, 0.316004F, 0.640826F, 0.559051F, 0.416829F, 0.750784F, 0.509229F, 0.489181F,
      0.500787F, 0.239980F, 0.567769F, 0.439145F, 0.383844F, 0.670790F, 0.343593F, 0.422489F,
      0.344827F, 0.341806F, 0.805536F, 0.459607F,
  };
  const Image resized = Resample(image, {.size = {5, 12}});
  for (size_t i = 0; i < std::size(whole); ++i) {
    EXPECT_NEAR(resized.samples()[i], whole[i], 2e-6) << i;
  }
  const float box[] = {0.445330F, 0.590245F, 0.486752F, 0.462952F, 0.412500F, 0.498242F,
                       0.582666F, 0.412287F, 0.537637F, 0.409284F, 0.565160F, 0.503559F};
  const Image cropped = Resample(image, {.size = {4, 3}, .crop = {0.5, 0.25, 7.75, 6.25}});
  for (size_t i = 0; i < std::size(box); ++i) {
    EXPECT_NEAR(cropped.samples()[i], box[i], 2e-6) << i;
  }
}

TEST(ResampleRows, SameBytesForAnyThreadsAndHeightsRead) {
  const Image image = Random({211, 307}, 3);
  ThreadPool two(2);
  ThreadPool four(4);
  for (const Size to : {Size{611, 887}, Size{53, 71}, Size{211, 500}, Size{97, 307}}) {
    const Image once = Resample(image, {.size = to}, nullptr, 10000);
    for (ThreadPool* pool : {static_cast<ThreadPool*>(nullptr), &two, &four}) {
      for (const int chunk_rows : {1, 7, 100}) {
        const Image again = Resample(image, {.size = to}, pool, chunk_rows);
        EXPECT_TRUE(std::ranges::equal(again.samples(), once.samples()))
            << to.width << " " << chunk_rows;
      }
    }
  }
}

TEST(ResampleRows, SameSizeComesThroughUntouched) {
  Image image = Random({31, 17}, 4);
  image.at(3, 3, 0) = -0.25F;
  image.at(4, 3, 0) = 1.5F;
  EXPECT_TRUE(std::ranges::equal(Resample(image, {.size = {31, 17}}).samples(), image.samples()));
}

TEST(ResampleRows, WholePixelCropAtOneToOneCutsExactly) {
  const Image image = Random({31, 17}, 3);
  const Image cut = Resample(image, {.size = {10, 6}, .crop = {5, 8, 10, 6}});
  for (int y = 0; y < 6; ++y) {
    for (int x = 0; x < 10; ++x) {
      EXPECT_EQ(cut.at(x, y, 1), image.at(x + 5, y + 8, 1));
    }
  }
}

TEST(ResampleRows, ConstantStaysConstant) {
  Image image({37, 41}, 3);
  std::ranges::fill(image.samples(), 0.7F);
  for (const Size to : {Size{100, 111}, Size{5, 3}}) {
    const Image resampled = Resample(image, {.size = to});
    for (const float v : resampled.samples()) {
      EXPECT_NEAR(v, 0.7F, 1e-6);
    }
  }
}

TEST(ResampleRows, RightAngleTurnsCommute) {
  const Image image = Random({19, 28}, 1);
  Image turned({28, 19}, 1);
  for (int y = 0; y < 28; ++y) {
    for (int x = 0; x < 19; ++x) {
      turned.at(27 - y, x, 0) = image.at(x, y, 0);
    }
  }
  const Image a = Resample(image, {.size = {45, 11}});
  const Image b = Resample(turned, {.size = {11, 45}});
  for (int y = 0; y < 11; ++y) {
    for (int x = 0; x < 45; ++x) {
      EXPECT_NEAR(a.at(x, y, 0), b.at(10 - y, x, 0), 1e-6);
    }
  }
}

TEST(ResampleRows, ClampUnitHoldsTheOvershoot) {
  Image image({16, 4}, 1);
  for (int y = 0; y < 4; ++y) {
    for (int x = 8; x < 16; ++x) {
      image.at(x, y, 0) = 1.0F;
    }
  }
  const Image free = Resample(image, {.size = {64, 16}});
  EXPECT_GT(*std::ranges::max_element(free.samples()), 1.02F);
  const Image held = Resample(image, {.size = {64, 16}, .clamp_unit = true});
  for (size_t i = 0; i < held.samples().size(); ++i) {
    EXPECT_EQ(held.samples()[i], std::clamp(free.samples()[i], 0.0F, 1.0F));
  }
}

TEST(ResampleRows, MemoryStaysWithTheWidthNotTheHeight) {
  const ResampleOptions tall{.size = {400, 400000}};
  EXPECT_LT(ResampleRows::MemoryBytes({100, 100000}, 3, tall), 16 << 20);
  const ResampleOptions shrunk{.size = {100, 100}};
  EXPECT_LT(ResampleRows::MemoryBytes({6000, 6000}, 3, shrunk), 16 << 20);
}

/// Fails at a given row.
class BrokenRows final : public RowSource {
 public:
  Size size() const override { return {8, 100}; }
  int channels() const override { return 1; }
  Status Read(MutableImageView rows) override {
    row_ += rows.height();
    return row_ > 50 ? Status(StatusCode::kCorruptInput, "cut short") : Status::Ok();
  }

 private:
  int row_ = 0;
};

TEST(ResampleRows, PassesTheSourcesErrorOn) {
  ResampleRows rows(std::make_unique<BrokenRows>(), {.size = {16, 200}}, nullptr);
  EXPECT_EQ(ReadImage(rows).error().code(), StatusCode::kCorruptInput);
}

TEST(CropToFill, KeepsTheTargetsShapeCentredInside) {
  for (const Size from : {Size{4000, 3000}, Size{3000, 4000}, Size{7, 7}, Size{1, 999}}) {
    for (const Size to : {Size{100, 100}, Size{1920, 1080}, Size{3, 500}}) {
      const RectF crop = CropToFill(from, to);
      EXPECT_NEAR(crop.width / crop.height, static_cast<double>(to.width) / to.height, 1e-9);
      EXPECT_NEAR(crop.x, from.width - crop.x - crop.width, 1e-9);
      EXPECT_NEAR(crop.y, from.height - crop.y - crop.height, 1e-9);
      EXPECT_TRUE(std::abs(crop.width - from.width) < 1e-9 ||
                  std::abs(crop.height - from.height) < 1e-9);
    }
  }
}

}  // namespace
}  // namespace recover

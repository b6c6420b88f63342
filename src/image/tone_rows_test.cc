#include "image/tone_rows.h"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "image/image_rows.h"

namespace recover {
namespace {

using Colour = std::array<float, 3>;

/// Values 0..1 that fill the range evenly and are mixed over the picture.
float Mixed(int x, int y, int salt) {
  uint32_t hash = static_cast<uint32_t>(x) * 73856093U ^ static_cast<uint32_t>(y) * 19349663U ^
                  static_cast<uint32_t>(salt) * 83492791U;
  hash ^= hash >> 15;
  hash *= 2654435761U;
  return static_cast<float>(hash >> 8) / static_cast<float>(1 << 24);
}

Image Painted(Size size, int channels, const std::function<Colour(int, int)>& paint) {
  Image image(size, channels);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const Colour colour = paint(x, y);
      for (int c = 0; c < channels; ++c) image.at(x, y, c) = c < 3 ? colour[c] : 1.0F;
    }
  }
  return image;
}

Image Colourful(Size size) {
  return Painted(size, 3, [](int x, int y) {
    return Colour{Mixed(x, y, 1), Mixed(x, y, 2), Mixed(x, y, 3)};
  });
}

/// Of one tint, its blacks raised to `low` and its whites dulled to `high`.
Image Sepia(Size size, float low, float high) {
  return Painted(size, 3, [=](int x, int y) {
    const float v = low + (high - low) * Mixed(x, y, 1);
    return Colour{v, 0.9F * v, 0.72F * v};
  });
}

ToneStatistics StatisticsOf(const Image& image) {
  ImageRows rows(image.Clone());
  Result<ToneStatistics> statistics = ToneStatistics::Measure(rows, {});
  RECOVER_CHECK(statistics.has_value());
  return *std::move(statistics);
}

Image Toned(const Image& image, ToneMode mode) {
  ToneRows rows(std::make_unique<ImageRows>(image.Clone()), PlanTone(StatisticsOf(image), mode));
  Result<Image> out = ReadImage(rows, 7);
  RECOVER_CHECK(out.has_value());
  return *std::move(out);
}

TEST(Tone, PictureOfFullRangeStaysAsItIs) {
  const ToneStatistics statistics = StatisticsOf(Colourful({200, 150}));
  EXPECT_TRUE(PlanTone(statistics, ToneMode::kAuto).is_identity());
  EXPECT_TRUE(PlanTone(statistics, ToneMode::kKeep).is_identity());
}

TEST(Tone, ColourIsLeftAloneHoweverPaleItIs) {
  const Image pale = Painted({150, 150}, 3, [](int x, int y) {
    return Colour{0.3F + 0.4F * Mixed(x, y, 1), 0.3F + 0.4F * Mixed(x, y, 2),
                  0.3F + 0.4F * Mixed(x, y, 3)};
  });
  EXPECT_TRUE(PlanTone(StatisticsOf(pale), ToneMode::kAuto).is_identity());
  EXPECT_FALSE(PlanTone(StatisticsOf(pale), ToneMode::kNeutral).is_identity());
}

TEST(Tone, KeepDoesNothingToAFadedPicture) {
  const ToneStatistics statistics = StatisticsOf(Sepia({100, 100}, 0.3F, 0.7F));
  EXPECT_TRUE(PlanTone(statistics, ToneMode::kKeep).is_identity());
}

TEST(Tone, DarkAndBrightPicturesAreNotTakenForFaded) {
  // Night: whites are missing, blacks are there. Snow: the reverse.
  const Image night = Painted({150, 150}, 3, [](int x, int y) {
    return Colour{0.3F * Mixed(x, y, 1), 0.3F * Mixed(x, y, 2), 0.4F * Mixed(x, y, 3)};
  });
  const Image snow = Painted({150, 150}, 3, [](int x, int y) {
    return Colour{0.7F + 0.3F * Mixed(x, y, 1), 0.7F + 0.3F * Mixed(x, y, 2),
                  0.75F + 0.25F * Mixed(x, y, 3)};
  });
  EXPECT_TRUE(PlanTone(StatisticsOf(night), ToneMode::kAuto).is_identity());
  EXPECT_TRUE(PlanTone(StatisticsOf(snow), ToneMode::kAuto).is_identity());
}

TEST(Tone, FadedSepiaGetsItsRangeBackAndKeepsItsTint) {
  const Image out = Toned(Sepia({200, 200}, 0.25F, 0.7F), ToneMode::kAuto);
  const ToneStatistics statistics = StatisticsOf(out);
  EXPECT_LT(statistics.LumaAt(0.005), 0.03F);
  EXPECT_GT(statistics.LumaAt(0.995), 0.85F);
  const Colour middle = statistics.MeanColour(0.4F, 0.6F);
  EXPECT_NEAR(middle[2] / middle[0], 0.72F, 0.06F);
  EXPECT_NEAR(middle[1] / middle[0], 0.90F, 0.04F);
}

TEST(Tone, NeutralMakesSepiaGrey) {
  const Image out = Toned(Sepia({200, 200}, 0.25F, 0.7F), ToneMode::kNeutral);
  for (const int x : {0, 57, 199}) {
    EXPECT_NEAR(out.at(x, 100, 0), out.at(x, 100, 1), 1e-5);
    EXPECT_NEAR(out.at(x, 100, 0), out.at(x, 100, 2), 1e-5);
  }
  const ToneStatistics statistics = StatisticsOf(out);
  EXPECT_LT(statistics.LumaAt(0.005), 0.03F);
  EXPECT_GT(statistics.LumaAt(0.995), 0.9F);
}

TEST(Tone, NeutralTakesACastOffAColourPicture) {
  const Image cast = Painted({200, 200}, 3, [](int x, int y) {
    return Colour{0.15F + 0.75F * Mixed(x, y, 1), 0.12F + 0.7F * Mixed(x, y, 2),
                  0.10F + 0.6F * Mixed(x, y, 3)};
  });
  const ToneStatistics before = StatisticsOf(cast);
  const ToneStatistics after = StatisticsOf(Toned(cast, ToneMode::kNeutral));
  const auto spread = [](const ToneStatistics& statistics) {
    const Colour light = statistics.MeanColour(0.0F, 1.0F);
    return light[0] - light[2];
  };
  EXPECT_LT(std::abs(spread(after)), 0.5F * std::abs(spread(before)));
}

TEST(Tone, ActsMoreTheMoreThePictureIsFadedWithoutAJump) {
  float last_gain = 1;
  for (int step = 0; step <= 40; ++step) {
    const float low = 0.005F * static_cast<float>(step);
    const ToneCurve curve = PlanTone(StatisticsOf(Sepia({128, 128}, low, 0.8F)), ToneMode::kAuto);
    EXPECT_GE(curve.gain[0], last_gain - 0.01F) << low;
    EXPECT_LE(curve.gain[0] - last_gain, 0.2F) << low;
    last_gain = curve.gain[0];
  }
  EXPECT_GT(last_gain, 1.3F);
}

TEST(Tone, FlatPicturesAreNotTakenForFaded) {
  for (const float value : {0.1F, 0.4F, 0.8F}) {
    const Image flat = Painted({40, 40}, 3, [=](int, int) { return Colour{value, value, value}; });
    EXPECT_TRUE(PlanTone(StatisticsOf(flat), ToneMode::kAuto).is_identity()) << value;
  }
}

TEST(Tone, GainsHaveAnEnd) {
  const ToneCurve curve = PlanTone(StatisticsOf(Sepia({64, 64}, 0.50F, 0.71F)), ToneMode::kAuto);
  EXPECT_GT(curve.gain[0], 2.0F);
  EXPECT_LE(curve.gain[0], 2.5F);
  const Image flat = Painted({16, 16}, 3, [](int, int) { return Colour{0.4F, 0.4F, 0.4F}; });
  for (const float sample : Toned(flat, ToneMode::kNeutral).samples()) {
    EXPECT_TRUE(std::isfinite(sample));
  }
}

TEST(Tone, GreyStaysGreyAndAlphaIsUntouched) {
  for (int channels = 1; channels <= 4; ++channels) {
    Image image({90, 70}, channels);
    for (int y = 0; y < 70; ++y) {
      for (int x = 0; x < 90; ++x) {
        for (int c = 0; c < channels; ++c) image.at(x, y, c) = 0.3F + 0.4F * Mixed(x, y, 1);
        if (channels % 2 == 0) image.at(x, y, channels - 1) = 0.5F + 0.5F * Mixed(x, y, 9);
      }
    }
    const Image out = Toned(image, ToneMode::kAuto);
    ASSERT_EQ(out.channels(), channels);
    EXPECT_LT(StatisticsOf(out).LumaAt(0.005), 0.05F) << channels;
    for (int x = 0; x < 90; ++x) {
      if (channels % 2 == 0) {
        EXPECT_EQ(out.at(x, 3, channels - 1), image.at(x, 3, channels - 1));
      }
      if (channels >= 3) {
        EXPECT_NEAR(out.at(x, 3, 0), out.at(x, 3, 2), 1e-5);
      }
    }
  }
}

TEST(Tone, TransparentPixelsDoNotCount) {
  Image image({100, 100}, 4);  // transparent black but for a faded half
  for (int y = 0; y < 50; ++y) {
    for (int x = 0; x < 100; ++x) {
      const float v = 0.3F + 0.4F * Mixed(x, y, 1);
      for (int c = 0; c < 3; ++c) image.at(x, y, c) = v;
      image.at(x, y, 3) = 1.0F;
    }
  }
  EXPECT_GT(StatisticsOf(image).LumaAt(0.005), 0.29F);
  EXPECT_EQ(StatisticsOf(image).count(), 5000);
}

TEST(Tone, EmptyAndTinyPicturesAreFine) {
  const Image image = Painted({1, 1}, 3, [](int, int) { return Colour{0.5F, 0.5F, 0.5F}; });
  EXPECT_TRUE(std::isfinite(Toned(image, ToneMode::kAuto).at(0, 0, 0)));
  const Image clear({5, 5}, 4);
  EXPECT_EQ(StatisticsOf(clear).count(), 0);
  EXPECT_TRUE(PlanTone(StatisticsOf(clear), ToneMode::kNeutral).is_identity());
}

TEST(Tone, MeasuringStopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  ImageRows rows(Colourful({50, 50}));
  EXPECT_EQ(ToneStatistics::Measure(rows, {.stop = stop.get_token()}).error().code(),
            StatusCode::kCancelled);
}

}  // namespace
}  // namespace recover

#include "codec/colour_profile.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <lcms2.h>

#include "codec/test_pictures.h"
#include "codec/tone_curve.h"

namespace recover {
namespace {

struct NamedProfile {
  const char* name;
  std::string (*make)();
  bool is_wide;
};

const NamedProfile kMatrixProfiles[] = {{"DisplayP3", testing::MakeDisplayP3, true},
                                        {"AdobeRgb", testing::MakeAdobeRgb, true},
                                        {"ProPhoto", testing::MakeProPhoto, true}};

std::shared_ptr<const ColourProfile> Parsed(const std::string& icc,
                                            ColourModel model = ColourModel::kRgb) {
  auto profile = ColourProfile::Parse(icc, model);
  EXPECT_TRUE(profile.has_value()) << profile.error().message();
  return *profile;
}

/// Little CMS' own way from `icc` to sRGB, in float.
std::vector<float> ByLittleCms(const std::string& icc, cmsUInt32Number type,
                               const std::vector<float>& in) {
  cmsHPROFILE from = cmsOpenProfileFromMem(icc.data(), static_cast<cmsUInt32Number>(icc.size()));
  cmsHPROFILE to = cmsCreate_sRGBProfile();
  cmsHTRANSFORM transform =
      cmsCreateTransform(from, type, to, TYPE_RGB_FLT, INTENT_RELATIVE_COLORIMETRIC, 0);
  const size_t channels = T_CHANNELS(type);
  std::vector<float> out(in.size() / channels * 3);
  cmsDoTransform(transform, in.data(), out.data(),
                 static_cast<cmsUInt32Number>(in.size() / channels));
  cmsDeleteTransform(transform);
  cmsCloseProfile(from);
  cmsCloseProfile(to);
  return out;
}

std::vector<float> ColourCube(int steps) {
  std::vector<float> colours;
  for (int i = 0; i < steps * steps * steps; ++i) {
    for (const int level : {i % steps, i / steps % steps, i / steps / steps}) {
      colours.push_back(static_cast<float>(level) / static_cast<float>(steps - 1));
    }
  }
  return colours;
}

TEST(ToneCurve, SrgbTablesEqualTheFormula) {
  for (int i = 0; i <= 100000; ++i) {
    const float x = static_cast<float>(i) / 100000;
    ASSERT_NEAR(FastSrgbToLinear(x), SrgbToLinear(x), 1e-6) << x;
    ASSERT_NEAR(FastLinearToSrgb(x), LinearToSrgb(x), 1e-6) << x;
  }
  for (const float x : {-2.0F, -0.3F, 1.5F, 4.0F}) {
    EXPECT_NEAR(FastLinearToSrgb(FastSrgbToLinear(x)), x, 1e-5);
  }
  EXPECT_EQ(FastLinearToSrgb(std::numeric_limits<float>::quiet_NaN()), 0);
  EXPECT_EQ(FastSrgbToLinear(std::numeric_limits<float>::quiet_NaN()), 0);
}

TEST(ToneCurve, InverseUndoesTheCurveAt16Bits) {
  std::vector<float> gamma(4096);
  for (size_t i = 0; i < gamma.size(); ++i) {
    gamma[i] = static_cast<float>(std::pow(static_cast<double>(i) / 4095, 2.2));
  }
  const ToneCurve curve(gamma);
  for (int i = 0; i <= 65535; ++i) {
    const float x = static_cast<float>(i) / 65535;
    ASSERT_NEAR(curve.ToEncoded(curve.ToLinear(x)), x, 1.0 / 65535) << i;
  }
}

TEST(ColourProfile, EmptyAndSrgbNeedNoConversion) {
  EXPECT_EQ(Parsed("")->ToWorking(), nullptr);
  EXPECT_EQ(Parsed(SrgbIccProfile(false))->ToWorking(), nullptr);
  EXPECT_EQ(Parsed(SrgbIccProfile(true), ColourModel::kGrey)->ToWorking(), nullptr);
  EXPECT_EQ(SrgbIccProfile(false), SrgbIccProfile(false));
}

TEST(ColourProfile, MatrixProfilesEqualLittleCmsInsideSrgb) {
  for (const NamedProfile& named : kMatrixProfiles) {
    const std::string icc = named.make();
    const std::vector<float> in = ColourCube(17);
    const std::vector<float> expected = ByLittleCms(icc, TYPE_RGB_FLT, in);
    std::vector<float> out(in.size());
    const auto converter = Parsed(icc)->ToWorking();
    ASSERT_NE(converter, nullptr) << named.name;
    converter->Convert(in.data(), 3, out.data(), 3, static_cast<int64_t>(in.size() / 3));
    int outside = 0;
    for (size_t i = 0; i < out.size(); ++i) {
      if (expected[i] > 0.001F && expected[i] < 1) {
        ASSERT_NEAR(out[i], expected[i], 2e-4) << named.name << " " << i;
      }
      outside += expected[i] < -0.01F || expected[i] > 1.01F ? 1 : 0;
    }
    EXPECT_GT(outside, 0) << "a wide gamut must not be cut: " << named.name;
  }
}

TEST(ColourProfile, RoundTripKeeps16Bits) {
  for (const NamedProfile& named : kMatrixProfiles) {
    const auto profile = Parsed(named.make());
    const auto in = profile->ToWorking();
    const auto out = profile->FromWorking();
    const std::vector<float> colours = ColourCube(33);
    std::vector<float> working(colours.size());
    std::vector<float> back(colours.size());
    in->Convert(colours.data(), 3, working.data(), 3, static_cast<int64_t>(colours.size() / 3));
    out->Convert(working.data(), 3, back.data(), 3, static_cast<int64_t>(colours.size() / 3));
    for (size_t i = 0; i < colours.size(); i += 3) {
      // A channel at black beside one at full strength: float holds its light to 1e-7, and a pure
      // gamma curve makes 43/65535 of that, unseen but over the line for 16 bits.
      const bool has_black = colours[i] == 0 || colours[i + 1] == 0 || colours[i + 2] == 0;
      const double tolerance = has_black ? 0.2 / 255 : 2.0 / 65535;
      for (size_t c = i; c < i + 3; ++c) {
        ASSERT_NEAR(back[c], colours[c], tolerance) << named.name << " " << i;
      }
    }
  }
}

TEST(ColourProfile, NeutralsStayNeutral) {
  for (const NamedProfile& named : kMatrixProfiles) {
    const auto converter = Parsed(named.make())->ToWorking();
    for (int i = 0; i <= 16; ++i) {
      const float grey[3] = {static_cast<float>(i) / 16, static_cast<float>(i) / 16,
                             static_cast<float>(i) / 16};
      float out[3];
      converter->Convert(grey, 3, out, 3, 1);
      EXPECT_NEAR(out[0], out[1], 1e-3) << named.name;
      EXPECT_NEAR(out[2], out[1], 1e-3) << named.name;
    }
  }
}

TEST(ColourProfile, GreyGammaEqualsLittleCmsAndComesBack) {
  const std::string icc = testing::MakeGreyGamma22();
  const auto profile = Parsed(icc, ColourModel::kGrey);
  const auto in = profile->ToWorking();
  const auto out = profile->FromWorking();
  ASSERT_NE(in, nullptr);
  std::vector<float> levels(1025);
  for (size_t i = 0; i < levels.size(); ++i) {
    levels[i] = static_cast<float>(i) / 1024;
  }
  const std::vector<float> expected = ByLittleCms(icc, TYPE_GRAY_FLT, levels);
  std::vector<float> working(levels.size());
  std::vector<float> back(levels.size());
  in->Convert(levels.data(), 1, working.data(), 1, 1025);
  out->Convert(working.data(), 1, back.data(), 1, 1025);
  for (size_t i = 0; i < levels.size(); ++i) {
    ASSERT_NEAR(working[i], expected[3 * i + 1], 1e-3) << i;
    ASSERT_NEAR(back[i], levels[i], 2.0 / 65535) << i;
  }
}

TEST(ColourProfile, LutProfileGoesThroughLittleCms) {
  const std::string icc = testing::MakeLutProfile();
  const auto profile = Parsed(icc);
  const auto converter = profile->ToWorking();
  ASSERT_NE(converter, nullptr);
  const std::vector<float> in = ColourCube(9);
  const std::vector<float> expected = ByLittleCms(icc, TYPE_RGB_FLT, in);
  std::vector<float> out(in.size());
  converter->Convert(in.data(), 3, out.data(), 3, static_cast<int64_t>(in.size() / 3));
  for (size_t i = 0; i < out.size(); ++i) {
    if (expected[i] > 0.01F && expected[i] < 0.99F) {
      ASSERT_NEAR(out[i], expected[i], 0.01) << i;
    }
  }
}

TEST(ColourProfile, CmykWithoutAProfileGivesPaperAndInk) {
  const auto converter = Parsed("", ColourModel::kCmyk)->ToWorking();
  ASSERT_NE(converter, nullptr);
  const float inks[] = {0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0};
  float out[9];
  converter->Convert(inks, 4, out, 3, 3);
  for (int c = 0; c < 3; ++c) {
    EXPECT_GT(out[c], 0.95F) << "paper";
    EXPECT_LT(out[3 + c], 0.25F) << "black ink";
  }
  EXPECT_GT(out[6], 0.7F) << "magenta and yellow make red";
  EXPECT_LT(out[7], 0.35F);
}

TEST(ColourProfile, LabWhiteAndGrey) {
  const auto converter = Parsed("", ColourModel::kLab)->ToWorking();
  ASSERT_NE(converter, nullptr);
  const float lab[] = {100, 0, 0, 50, 0, 0};
  float out[6];
  converter->Convert(lab, 3, out, 3, 2);
  for (int c = 0; c < 3; ++c) {
    EXPECT_NEAR(out[c], 1, 2e-3);
    EXPECT_NEAR(out[3 + c], 0.4663, 2e-3);  // L* = 50: Y = 0.18419, sRGB-encoded
  }
}

TEST(ColourProfile, DamagedOrForeignProfilesAreStatuses) {
  std::string broken = testing::MakeDisplayP3();
  EXPECT_FALSE(ColourProfile::Parse(testing::MakeGreyGamma22(), ColourModel::kRgb).has_value());
  EXPECT_FALSE(ColourProfile::Parse(testing::MakeDisplayP3(), ColourModel::kCmyk).has_value());
  EXPECT_FALSE(ColourProfile::Parse("not a profile", ColourModel::kRgb).has_value());
  for (size_t i = 0; i < broken.size(); ++i) {  // none may crash; many parse all the same
    std::string bytes = broken;
    bytes[i] = static_cast<char>(~bytes[i]);
    const auto profile = ColourProfile::Parse(bytes, ColourModel::kRgb);
    if (profile.has_value()) {
      const auto converter = (*profile)->ToWorking();
      const float in[3] = {0.2F, 0.5F, 0.9F};
      float out[3];
      if (converter != nullptr) {
        converter->Convert(in, 3, out, 3, 1);
      }
    }
  }
}

}  // namespace
}  // namespace recover

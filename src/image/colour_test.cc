#include "image/colour.h"

#include <gtest/gtest.h>

namespace recover {
namespace {

TEST(Colour, GreyInIsTheSameGreyOut) {
  for (const float grey : {-0.5F, 0.0F, 0.3F, 1.0F, 1.7F}) {
    EXPECT_NEAR(Luma(grey, grey, grey), grey, 1e-6);
  }
}

TEST(Colour, LinearLightRoundTripAlsoOutsideTheUnitRange) {
  for (float v = -1.5F; v <= 1.5F; v += 0.01F) {
    EXPECT_NEAR(LinearToSrgb(SrgbToLinear(v)), v, 2e-6) << v;
  }
}

TEST(Colour, KnownValuesOfTheSrgbCurve) {
  EXPECT_NEAR(SrgbToLinear(0.5F), 0.21404114F, 1e-6);
  EXPECT_NEAR(SrgbToLinear(0.04045F), 0.0031308F, 1e-6);
  EXPECT_EQ(SrgbToLinear(1.0F), 1.0F);
}

TEST(Colour, AlphaIsTheLastOfTwoOrFourChannels) {
  EXPECT_FALSE(HasAlpha(1));
  EXPECT_TRUE(HasAlpha(2));
  EXPECT_FALSE(HasAlpha(3));
  EXPECT_TRUE(HasAlpha(4));
  EXPECT_EQ(ColourChannels(4), 3);
  EXPECT_EQ(ColourChannels(1), 1);
}

}  // namespace
}  // namespace recover

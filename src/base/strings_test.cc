#include "base/strings.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace recover {
namespace {

using std::chrono::duration;
using ::testing::ElementsAre;

TEST(Strings, LowerLeavesOtherBytesAlone) { EXPECT_EQ(AsciiLower("JPEG-Ä9"), "jpeg-Ä9"); }

TEST(Strings, TrimTakesBlanksAtBothEndsOnly) {
  EXPECT_EQ(Trim(" \ta b\r\n"), "a b");
  EXPECT_EQ(Trim("ab"), "ab");
  EXPECT_EQ(Trim(" \n"), "");
  EXPECT_EQ(Trim(""), "");
}

TEST(Strings, JoinUndoesSplit) {
  for (const std::string text : {"", ",", "a", "a,b", ",a,,b,"}) {
    EXPECT_EQ(Join(Split(text, ','), ","), text);
  }
  EXPECT_THAT(Split("a,,b", ','), ElementsAre("a", "", "b"));
}

TEST(Strings, WholeNumbers) {
  EXPECT_EQ(*ParseInt64("-42"), -42);
  EXPECT_EQ(*ParseInt64("9223372036854775807"), 9223372036854775807);
  for (const char* text : {"", " 1", "1 ", "+1", "1x", "1.5", "0x10", "9223372036854775808"}) {
    EXPECT_EQ(ParseInt64(text).error().code(), StatusCode::kInvalidArgument) << text;
  }
}

TEST(Strings, Numbers) {
  EXPECT_EQ(*ParseDouble("-1.5e3"), -1500.0);
  EXPECT_EQ(*ParseDouble("4"), 4.0);
  for (const char* text : {"", "1,5", "nan", "inf", "1e999", "4x", " 4"}) {
    EXPECT_FALSE(ParseDouble(text)) << text;
  }
}

TEST(Strings, ByteSizes) {
  EXPECT_EQ(*ParseByteSize("4096"), 4096);
  EXPECT_EQ(*ParseByteSize("0"), 0);
  EXPECT_EQ(*ParseByteSize("512M"), int64_t{512} << 20);
  EXPECT_EQ(*ParseByteSize("1.5 GiB"), int64_t{3} << 29);
  EXPECT_EQ(*ParseByteSize("1.5g"), int64_t{3} << 29);
  EXPECT_EQ(*ParseByteSize("2GB"), 2'000'000'000);
  EXPECT_EQ(*ParseByteSize("10 kb"), 10'000);
  EXPECT_EQ(*ParseByteSize("7 B"), 7);
  for (const char* text : {"", "M", "-1", "-1M", "1X", "1MM", "1 M B", "8388608T", "1e3", "nan"}) {
    EXPECT_EQ(ParseByteSize(text).error().code(), StatusCode::kInvalidArgument) << text;
  }
}

TEST(Strings, BytesForPeople) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(1023), "1023 B");
  EXPECT_EQ(HumanBytes(1024), "1.0 KiB");
  EXPECT_EQ(HumanBytes(1536), "1.5 KiB");
  EXPECT_EQ(HumanBytes((int64_t{1} << 20) - 1), "1.0 MiB");
  EXPECT_EQ(HumanBytes(int64_t{123} << 20), "123 MiB");
  EXPECT_EQ(HumanBytes(int64_t{2} << 30), "2.0 GiB");
  EXPECT_EQ(HumanBytes(-2048), "-2.0 KiB");
}

TEST(Strings, DurationsForPeople) {
  EXPECT_EQ(HumanDuration(duration<double>(-3)), "0.0 s");
  EXPECT_EQ(HumanDuration(duration<double>(0.44)), "0.4 s");
  EXPECT_EQ(HumanDuration(duration<double>(9.96)), "10 s");
  EXPECT_EQ(HumanDuration(duration<double>(59.4)), "59 s");
  EXPECT_EQ(HumanDuration(duration<double>(59.6)), "1 min 00 s");
  EXPECT_EQ(HumanDuration(duration<double>(200)), "3 min 20 s");
  EXPECT_EQ(HumanDuration(duration<double>(3599.6)), "1 h 00 min");
  EXPECT_EQ(HumanDuration(duration<double>(7500)), "2 h 05 min");
}

}  // namespace
}  // namespace recover

#include "base/strings.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace recover {
namespace {

using std::chrono::duration;

TEST(Strings, LowerLeavesOtherBytesAlone) { EXPECT_EQ(AsciiLower("JPEG-Ä9"), "jpeg-Ä9"); }

TEST(Strings, TrimTakesBlanksAtBothEndsOnly) {
  EXPECT_EQ(Trim(" \ta b\r\n"), "a b");
  EXPECT_EQ(Trim("ab"), "ab");
  EXPECT_EQ(Trim(" \n"), "");
  EXPECT_EQ(Trim(""), "");
}

TEST(Strings, JoinPutsSeparatorsBetween) {
  EXPECT_EQ(Join({}, ", "), "");
  EXPECT_EQ(Join(std::vector<std::string>{"a"}, ", "), "a");
  EXPECT_EQ(Join(std::vector<std::string>{"a", "", "b"}, ", "), "a, , b");
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

#include "base/ids.h"

#include <set>

#include <gtest/gtest.h>

namespace recover {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

TEST(Ids, UuidsAreOfVersionFourAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewUuid();
    EXPECT_TRUE(IsUuid(id)) << id;
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    EXPECT_TRUE(seen.insert(id).second);
  }
}

TEST(Ids, WhatIsNoUuidIsTold) {
  EXPECT_TRUE(IsUuid("01234567-89AB-cdef-0123-456789abcdef"));
  EXPECT_FALSE(IsUuid(""));
  EXPECT_FALSE(IsUuid("0123456789abcdef0123456789abcdef"));
  EXPECT_FALSE(IsUuid("01234567-89ab-cdef-0123-456789abcdeg"));
  EXPECT_FALSE(IsUuid("01234567-89ab-cdef-0123-456789abcdef0"));
  EXPECT_FALSE(IsUuid("01234567x89ab-cdef-0123-456789abcdef"));
  EXPECT_FALSE(IsUuid("../../../../../../../../../../../etc"));
}

TEST(Ids, UlidHoldsItsTimeAndSortsByIt) {
  // The specification's example: 1469918176385 ms are "01ARYZ6S41".
  const std::string id = NewUlid(system_clock::time_point(milliseconds(1469918176385)));
  EXPECT_EQ(id.size(), 26u);
  EXPECT_EQ(id.substr(0, 10), "01ARYZ6S41");
  EXPECT_LT(id, NewUlid(system_clock::time_point(milliseconds(1469918176386))));
  EXPECT_NE(id, NewUlid(system_clock::time_point(milliseconds(1469918176385))));
}

TEST(Ids, SecretsHave256BitsAndAreSafeInUrls) {
  const std::string secret = NewSecret();
  EXPECT_EQ(secret.size(), 43u);
  EXPECT_EQ(
      secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  EXPECT_NE(secret, NewSecret());
}

}  // namespace
}  // namespace recover

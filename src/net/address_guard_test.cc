#include "net/address_guard.h"

#include <gtest/gtest.h>

namespace recover {
namespace {

IpAddress Address(std::string_view text) {
  const auto address = ParseIpAddress(text);
  EXPECT_TRUE(address) << text;
  return address ? *address : IpAddress{};
}

bool IsPublic(std::string_view text) { return AddressGuard().Allows(Address(text)); }

AddressGuard Allowing(std::string_view network) {
  const auto parsed = ParseIpNetwork(network);
  EXPECT_TRUE(parsed) << network;
  return AddressGuard({*parsed});
}

TEST(AddressGuard, AllowsPublicUnicast) {
  for (const char* text : {"1.1.1.1",
                           "8.8.8.8",
                           "93.184.216.34",
                           "100.63.255.255",
                           "100.128.0.0",
                           "172.15.255.255",
                           "172.32.0.0",
                           "192.167.255.255",
                           "192.169.0.0",
                           "198.17.255.255",
                           "198.20.0.0",
                           "223.255.255.255",
                           "11.0.0.0",
                           "126.255.255.255",
                           "128.0.0.1",
                           "169.253.255.255",
                           "169.255.0.0",
                           "2606:4700:4700::1111",
                           "2a00:1450:4001:81b::200e",
                           "2001:200::1",
                           "2001:db7:ffff::1",
                           "2001:db9::1",
                           "2003::1",
                           "3ffe::1"}) {
    EXPECT_TRUE(IsPublic(text)) << text;
  }
}

// Each block of the IANA registries at both of its ends.
TEST(AddressGuard, RefusesSpecialPurposeBlocksUpToTheirEdges) {
  for (const char* text :
       {"0.0.0.0",         "0.255.255.255",  "10.0.0.0",        "10.255.255.255", "100.64.0.0",
        "100.127.255.255", "127.0.0.0",      "127.255.255.255", "169.254.0.0",    "169.254.169.254",
        "169.254.255.255", "172.16.0.0",     "172.31.255.255",  "192.0.0.0",      "192.0.0.255",
        "192.0.2.0",       "192.0.2.255",    "192.88.99.1",     "192.168.0.0",    "192.168.255.255",
        "198.18.0.0",      "198.19.255.255", "198.51.100.7",    "203.0.113.255",  "224.0.0.0",
        "239.255.255.255", "240.0.0.0",      "255.255.255.255"}) {
    EXPECT_FALSE(IsPublic(text)) << text;
  }
  for (const char* text :
       {"::",          "::1",     "::2",     "fc00::1",     "fdff:ffff::1", "fe80::1",
        "febf::1",     "fec0::1", "ff02::1", "ff0e::1",     "100::1",       "5f00::1",
        "4000::1",     "1fff::1", "2001::1", "2001:1ff::1", "2001:2::1",    "2001:10::1",
        "2001:db8::1", "2002::1", "3fff::1", "3fff:fff::1", "64:ff9b:1::1", "::7f00:1"}) {
    EXPECT_FALSE(IsPublic(text)) << text;
  }
}

TEST(AddressGuard, SeesPrivateAddressesInsideOthers) {
  for (const char* text :
       {"::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:a9fe:a9fe",         // mapped
        "::127.0.0.1", "::10.0.0.1",                                       // compatible
        "::ffff:0:127.0.0.1",                                              // translated
        "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe",   // NAT64
        "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1",              // 6to4
        "2001:0:4136:e378:8000:63bf:80ff:fffe",                            // Teredo
        "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:192.168.0.1"}) {  // ISATAP
    EXPECT_FALSE(IsPublic(text)) << text;
  }
}

TEST(AddressGuard, LetsPublicOnesInsideOthersPass) {
  EXPECT_TRUE(IsPublic("::ffff:8.8.8.8"));
  EXPECT_TRUE(IsPublic("64:ff9b::8.8.8.8"));
  EXPECT_TRUE(IsPublic("2606:4700::5efe:8.8.8.8"));
}

TEST(AddressGuard, OpensWhatTheOperatorAllowsAndNoMore) {
  const AddressGuard guard = Allowing("192.168.1.0/24");
  EXPECT_TRUE(guard.Allows(Address("192.168.1.0")));
  EXPECT_TRUE(guard.Allows(Address("192.168.1.255")));
  EXPECT_TRUE(guard.Allows(Address("::ffff:192.168.1.7")));
  EXPECT_FALSE(guard.Allows(Address("192.168.2.0")));
  EXPECT_FALSE(guard.Allows(Address("192.168.0.255")));
  EXPECT_FALSE(guard.Allows(Address("127.0.0.1")));
  EXPECT_TRUE(guard.Allows(Address("8.8.8.8")));
  EXPECT_TRUE(Allowing("fd00::/8").Allows(Address("fdab::1")));
  EXPECT_FALSE(Allowing("fd00::/8").Allows(Address("fc00::1")));
  EXPECT_TRUE(Allowing("::1").Allows(Address("::1")));
  EXPECT_FALSE(Allowing("::1").Allows(Address("::2")));
  EXPECT_TRUE(Allowing("127.0.0.1").Allows(Address("127.0.0.1")));
  EXPECT_FALSE(Allowing("127.0.0.1").Allows(Address("127.0.0.2")));
  EXPECT_TRUE(Allowing("0.0.0.0/0").Allows(Address("10.0.0.1")));
  EXPECT_FALSE(Allowing("0.0.0.0/0").Allows(Address("::1")));
}

TEST(IpAddress, TextIsReadBack) {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1"}) {
    EXPECT_EQ(Address(text).ToText(), text);
  }
  EXPECT_TRUE(Address("192.0.2.1").is_v4());
  EXPECT_TRUE(Address("::ffff:192.0.2.1").is_v4());
  EXPECT_EQ(Address("::ffff:192.0.2.1"), Address("192.0.2.1"));
  EXPECT_FALSE(Address("::192.0.2.1").is_v4());
}

TEST(IpAddress, IsNothingButDottedOrColons) {
  using std::string_literals::operator""s;
  for (const std::string& text :
       {""s, " 1.2.3.4"s, "1.2.3.4 "s, "1.2.3"s, "1.2.3.4.5"s, "0x7f.0.0.1"s, "0177.0.0.1"s,
        "2130706433"s, "256.0.0.1"s, "[::1]"s, "fe80::1%eth0"s, "localhost"s, "1.2.3.4\0.example"s,
        "::ffff:1.2.3.256"s}) {
    EXPECT_FALSE(ParseIpAddress(text)) << text;
  }
}

TEST(IpNetwork, RefusesWhatIsNone) {
  for (const char* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0.0/8/8",
        "fd00::/129", "10.0.0.0/+8", "10.0.0.0/0x8", "example"}) {
    EXPECT_FALSE(ParseIpNetwork(text)) << text;
  }
}

TEST(IpNetwork, TellsTheNetworkWhenBitsAreLeftOver) {
  const auto network = ParseIpNetwork("192.168.1.7/24");
  ASSERT_FALSE(network);
  EXPECT_NE(network.error().message().find("192.168.1.0/24"), std::string::npos);
}

}  // namespace
}  // namespace recover

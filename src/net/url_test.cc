#include "net/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/fetch.h"

namespace recover {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const AddressGuard kPublicOnly;

Status Check(std::string_view url) { return CheckUrl(url, "webhook_url", kPublicOnly); }

TEST(CheckUrl, TakesHttpAndHttps) {
  for (const char* url :
       {"http://example.com", "https://example.com/a?b=c#d", "HTTP://EXAMPLE.COM/",
        "https://example.com:8443/hook", "http://[2606:4700:4700::1111]/",
        "http://k\xc3\xb6ln.example/", "http://example.com/\xc3\xa4?\xc3\xb6",
        "http://intranet/hook", "http://example.com./"}) {
    EXPECT_TRUE(Check(url).ok()) << url << " " << Check(url).message();
  }
  EXPECT_TRUE(Check("http://" + std::string("8.8.8.8:81/")).ok());
}

TEST(CheckUrl, RefusesEverythingElseNamingTheField) {
  using std::string_literals::operator""s;
  for (const std::string& url : {""s,
                                 "example.com"s,
                                 "//example.com/"s,
                                 "/path"s,
                                 "ftp://example.com/"s,
                                 "file:///etc/passwd"s,
                                 "gopher://example.com/"s,
                                 "javascript:alert(1)"s,
                                 "data:text/plain,x"s,
                                 "http://"s,
                                 "http:///"s,
                                 "http:/example.com"s.substr(0, 6),
                                 "http://exa mple.com/"s,
                                 "http://example.com:0/"s,
                                 "http://example.com:65536/"s,
                                 "http://example.com:http/"s,
                                 "http://example.com/\r\nX: y"s,
                                 "http://example.com/\0"s,
                                 "http://exa\tmple.com/"s,
                                 "http://[::1/"s,
                                 "http://[fe80::1%25eth0/"s,
                                 "http://a\\b.example/"s,
                                 "http://x%7f.1/"s,
                                 "http://%30x7f.1/"s,
                                 "http://%2531/"s,
                                 "http://x%0a.1/"s,
                                 "http://x%40y/"s,
                                 "http://?x"s,
                                 "http://."s,
                                 "http://example.com/" + std::string(2048, 'a')}) {
    const Status status = Check(url);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << url;
    EXPECT_THAT(status.message(), StartsWith("webhook_url: ")) << url;
  }
}

TEST(CheckUrl, RefusesCredentialsAndTheirTricks) {
  for (const char* url : {"http://user@example.com/", "http://user:pass@example.com/",
                          "http://example.com@127.0.0.1/", "http://:@example.com/",
                          "http://example.com:80@127.0.0.1/", "https://a%40b@example.com/"}) {
    EXPECT_THAT(Check(url).message(), HasSubstr("user name")) << url;
  }
}

TEST(CheckUrl, AHostIsWhatComesBeforeTheFirstSlash) {
  const auto fragment = ParseHttpUrl("http://example.com#@127.0.0.1/", "");
  ASSERT_TRUE(fragment);
  EXPECT_EQ(fragment->host, "example.com");
  const auto query = ParseHttpUrl("http://example.com?@127.0.0.1/", "");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->host, "example.com");
}

TEST(CheckUrl, SeesThroughTheFormsOfAnAddress) {
  for (const char* host : {"127.0.0.1",
                           "127.1",
                           "2130706433",
                           "0x7f000001",
                           "0x7f.1",
                           "0177.0.0.1",
                           "017700000001",
                           "0",
                           "0.0.0.0",
                           "[::1]",
                           "[::]",
                           "[::ffff:127.0.0.1]",
                           "[::ffff:7f00:1]",
                           "[0:0:0:0:0:ffff:0a00:0001]",
                           "10.0.0.1",
                           "169.254.169.254",
                           "0xa9fea9fe",
                           "[64:ff9b::7f00:1]",
                           "[2002:7f00:1::]",
                           "[fe80::1%25eth0]",
                           "localhost",
                           "LOCALHOST:8080",
                           "localhost.",
                           "db.localhost"}) {
    const Status status = Check("http://" + std::string(host) + "/path");
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << host;
    EXPECT_THAT(status.message(), HasSubstr("not public")) << host;
  }
}

TEST(CheckUrl, FollowsTheOperatorsNetworks) {
  const AddressGuard guard({*ParseIpNetwork("127.0.0.0/8")});
  for (const char* url : {"http://127.0.0.1:9/", "http://localhost/", "http://0x7f000001/"}) {
    EXPECT_TRUE(CheckUrl(url, "source_url", guard).ok()) << url;
  }
  EXPECT_FALSE(CheckUrl("http://" + std::string("10.0.0.1"), "source_url", guard).ok());
}

TEST(ParseHttpUrl, NormalisesWhatIsHandedOn) {
  const auto url = ParseHttpUrl("HTTP://Example.com:8080/a/../b c\xc3\xa4?q=1#part", "");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->port, 8080);
  EXPECT_FALSE(url->address);
  EXPECT_EQ(url->text.find('#'), std::string::npos);
  EXPECT_THAT(url->text, HasSubstr("b%20c%c3%a4?q=1"));
  EXPECT_EQ(ParseHttpUrl("https://example.com/", "")->port, 443);
  EXPECT_EQ(ParseHttpUrl("http://0x7f.1/", "")->host, "127.0.0.1");
}

TEST(FollowRedirect, IsRelativeToThePage) {
  const auto base = ParseHttpUrl("http://example.com:81/a/b?c", "");
  ASSERT_TRUE(base);
  EXPECT_EQ(FollowRedirect(*base, "d")->text, "http://example.com:81/a/d");
  EXPECT_EQ(FollowRedirect(*base, "/d?e")->text, "http://example.com:81/d?e");
  EXPECT_EQ(FollowRedirect(*base, "//other.example/d")->host, "other.example");
  EXPECT_EQ(FollowRedirect(*base, "https://other.example/d")->port, 443);
  EXPECT_FALSE(FollowRedirect(*base, "file:///etc/passwd"));
  EXPECT_FALSE(FollowRedirect(*base, "http://user@other.example/"));
  EXPECT_FALSE(FollowRedirect(*base, "//user:pass@other.example/"));
}

}  // namespace
}  // namespace recover

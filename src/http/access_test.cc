// Keys, rates, single-user mode, origins, CORS, TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/host.h"
#include "http/rate_limiter.h"
#include "http/test_server.h"

namespace recover {
namespace {

using testing::HasSubstr;

constexpr char kBalance[] = "/account/v1/credits/balance";

ServerOptions SingleUser() {
  ServerOptions options;
  options.single_user = true;
  return options;
}

// A server in single-user mode; its options need the key of its store.
std::unique_ptr<TestServer> SingleUserServer() {
  auto server = std::make_unique<TestServer>();
  ServerOptions options = SingleUser();
  options.single_user_key = Take(server->store.keys->EnsureSingleUserKey(77));
  server->Restart(options);
  return server;
}

TEST(Keys, BothHeadersInAnyCase) {
  const TestServer server;
  for (const std::string& line :
       {"X-API-Key: " + server.key_text, "x-api-key: " + server.key_text,
        "Authorization: Bearer " + server.key_text, "authorization: bearer  " + server.key_text}) {
    EXPECT_EQ(server.AskBare("GET", kBalance, line + "\r\n").status, 200) << line;
  }
}

TEST(Keys, NoneAndWrongOnesAre401) {
  const TestServer server;
  for (const std::string& line :
       {std::string(), std::string("X-API-Key: \r\n"), std::string("X-API-Key: rk_wrong\r\n"),
        "X-API-Key: " + server.key_text + "x\r\n",
        "Authorization: Basic " + server.key_text + "\r\n",
        "Cookie: key=" + server.key_text + "\r\n",
        "X-API-Key: " + std::string(5000, 'a') + "\r\n"}) {
    const Reply reply = server.AskBare("GET", kBalance, line);
    EXPECT_EQ(reply.status, 401) << line;
    EXPECT_EQ(reply.json()["code"], 401);
    EXPECT_THAT(reply.header("www-authenticate"), HasSubstr("Bearer"));
  }
  EXPECT_EQ(server.AskBare("GET", kBalance + ("?key=" + server.key_text)).status, 401);
}

TEST(Keys, AWrongKeyIsAnsweredBeforeALargeBodyIsRead) {
  const TestServer server;
  TestClient client(server.port());
  client.Send(
      "POST /image/v1/enhance-gen/async HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
      "400000000\r\n" +
      std::string(kFormType) + "\r\n");
  EXPECT_EQ(client.Read().status, 401);
}

TEST(Keys, TheRateOfAKeyIsKept) {
  TestServer server;
  server.key_text = Take(server.store.keys->Create("slow", 10, 2)).text;
  EXPECT_EQ(server.Ask("GET", kBalance).status, 200);
  EXPECT_EQ(server.Ask("GET", kBalance).status, 200);
  const Reply reply = server.Ask("GET", kBalance);
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.header("retry-after"), "1");
  EXPECT_EQ(server.AskBare("GET", "/healthz").status, 200);
  server.store.clock.Advance(std::chrono::milliseconds(500));
  EXPECT_EQ(server.Ask("GET", kBalance).status, 200);
  EXPECT_EQ(server.Ask("GET", kBalance).status, 429);
}

TEST(RateLimiter, NeverGivesMoreThanBurstAndRate) {
  FakeClock clock;
  RateLimiter limiter(clock);
  int taken = 0;
  for (int i = 0; i < 1000; ++i) {
    taken += limiter.Take(1, 5) == 0 ? 1 : 0;
    clock.Advance(std::chrono::milliseconds(10));
  }
  EXPECT_LE(taken, 5 + 50);
  EXPECT_GE(taken, 50);
  EXPECT_EQ(limiter.Take(2, 0.25), 0);
  EXPECT_EQ(limiter.Take(2, 0.25), 4);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(limiter.Take(3, 0), 0);
  }
}

TEST(SingleUser, NeedsNoKeyOnLoopback) {
  const auto server = SingleUserServer();
  EXPECT_EQ(server->AskBare("GET", kBalance).json()["available_credits"], 77);
  EXPECT_EQ(server->AskBare("GET", kBalance, "X-API-Key: whatever\r\n").status, 200);
}

TEST(SingleUser, OtherNamesOriginsAndProxiesAre403) {
  const auto server = SingleUserServer();
  const std::string port = ":" + std::to_string(server->port());
  for (const std::string& good :
       {"Host: localhost" + port, std::string("Host: localhost"), std::string("Host: 127.0.0.1:1"),
        "Host: [::1]" + port, std::string("Host: LOCALHOST:9"),
        "Host: localhost" + port + "\r\nOrigin: http://localhost" + port}) {
    EXPECT_EQ(server->AskBare("GET", kBalance, good + "\r\n").status, 200) << good;
  }
  for (const std::string& bad :
       {std::string("Host: evil.example"), "Host: evil.example" + port,
        std::string("Host: 127.0.0.1.evil.example"), std::string("Host: localhost.evil.example"),
        std::string("Host: 192.168.1.2"), "Host: localhost" + port + "\r\nOrigin: null",
        "Host: localhost" + port + "\r\nOrigin: http://evil.example",
        "Host: localhost" + port + "\r\nOrigin: http://127.0.0.1" + port,
        "Host: localhost" + port + "\r\nOrigin: http://localhost:1",
        "Host: localhost" + port + "\r\nOrigin: https://localhost" + port + "/x",
        "Host: localhost" + port + "\r\nOrigin:",
        "Host: localhost" + port + "\r\nX-Forwarded-For: 1.2.3.4"}) {
    const Reply reply = server->AskBare("GET", kBalance, bad + "\r\n");
    EXPECT_EQ(reply.status, 403) << bad;
    EXPECT_EQ(reply.json()["code"], 403);
  }
  EXPECT_EQ(server->AskBare("GET", "/healthz", "Host: evil.example\r\n").status, 200);
}

TEST(Origins, UrlsStandOnTheHostThatTheClientUsed) {
  const TestServer server;
  const std::string id = server.SubmitPicture();
  const auto url = [&](const std::string& headers) {
    const Reply reply = server.Ask("GET", "/image/v1/download/input/" + id, headers);
    return reply.status == 200 ? reply.json()["download_url"].get<std::string>() : reply.body;
  };
  EXPECT_THAT(url("Host: photos.example:81\r\n"),
              testing::StartsWith("http://photos.example:81/files/"));
  EXPECT_THAT(url("Host: [::1]\r\n"), testing::StartsWith("http://[::1]/files/"));
  // Not from a trusted proxy: not believed.
  EXPECT_THAT(url("Host: a.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\n"),
              testing::StartsWith("http://a.example/files/"));
}

TEST(Origins, OnlyTrustedProxiesMaySayOtherwise) {
  ServerOptions options;
  options.trusted_proxies = {Take(ParseIpNetwork("127.0.0.0/8"))};
  const TestServer server(options);
  const std::string id = server.SubmitPicture();
  const auto ask = [&](const std::string& headers) {
    return server.Ask("GET", "/image/v1/download/input/" + id, headers);
  };
  EXPECT_THAT(
      ask("X-Forwarded-Proto: https\r\nX-Forwarded-Host: p.example, q\r\nX-Forwarded-Prefix: "
          "/recover/\r\n")
          .json()["download_url"]
          .get<std::string>(),
      testing::StartsWith("https://p.example/recover/files/"));
  for (const char* bad :
       {"X-Forwarded-Proto: javascript", "X-Forwarded-Host: a b", "X-Forwarded-Host: x/y",
        "X-Forwarded-Prefix: /../x", "X-Forwarded-Prefix: //evil", "X-Forwarded-Prefix: /a\"b"}) {
    EXPECT_EQ(ask(std::string(bad) + "\r\n").status, 400) << bad;
  }
}

TEST(Origins, ThePublicUrlBeatsEverything) {
  ServerOptions options;
  options.public_url = "https://photos.example/recover/";
  const TestServer server(options);
  const std::string id = server.SubmitPicture();
  EXPECT_THAT(server.Ask("GET", "/image/v1/download/input/" + id, "Host: other\r\n")
                  .json()["download_url"]
                  .get<std::string>(),
              testing::StartsWith("https://photos.example/recover/files/"));
  for (const char* bad : {"photos.example", "ftp://x", "https://", "https://a b", "https://a/?q",
                          "https://a/../b", "https://u:p@a"}) {
    EXPECT_FALSE(CheckPublicUrl(bad)) << bad;
  }
}

TEST(Hosts, OnlyPlainNamesAndAddressesAreTaken) {
  for (const char* good : {"a", "a.b-c_d:1", "127.0.0.1:65535", "[::1]", "[fe80::1]:80", "A.B"}) {
    EXPECT_TRUE(ParseHostPort(good)) << good;
  }
  for (const char* bad :
       {"", ":80", "a:", "a:0", "a:65536", "a:x", "a b", "a/b", "a@b", "[::1", "[x]", "[::1]80",
        "a:80:80", "::1", "a\"", "a\r\n", "[127.0.0.1]", "a:+1"}) {
    EXPECT_FALSE(ParseHostPort(bad)) << bad;
  }
}

TEST(Cors, IsOffUnlessConfigured) {
  const TestServer server;
  const Reply reply = server.Ask("GET", kBalance, "Origin: https://app.example\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("access-control-allow-origin"), "");
}

TEST(Cors, NamesTheOriginsThatAreAllowedAlone) {
  ServerOptions options;
  options.cors_origins = {"https://app.example"};
  const TestServer server(options);
  const std::string preflight = "Access-Control-Request-Method: POST\r\n";
  const Reply allowed = server.AskBare("OPTIONS", "/image/v1/enhance-gen/async",
                                       "Origin: https://app.example\r\n" + preflight);
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(allowed.header("access-control-allow-origin"), "https://app.example");
  EXPECT_THAT(allowed.header("access-control-allow-methods"), HasSubstr("POST"));
  EXPECT_THAT(allowed.header("access-control-allow-headers"), HasSubstr("X-API-Key"));
  EXPECT_EQ(allowed.header("vary"), "Origin");
  const Reply other = server.Ask("GET", kBalance, "Origin: https://app.example.evil\r\n");
  EXPECT_EQ(other.header("access-control-allow-origin"), "");
  const Reply error = server.AskBare("GET", kBalance, "Origin: https://app.example\r\n");
  EXPECT_EQ(error.status, 401);
  EXPECT_EQ(error.header("access-control-allow-origin"), "https://app.example");
}

TEST(RequestIds, AreTakenOverWhenSaneAndMadeElse) {
  const TestServer server;
  EXPECT_EQ(server.Ask("GET", kBalance, "X-Request-ID: abc-1.2_3\r\n").header("x-request-id"),
            "abc-1.2_3");
  for (const std::string& bad :
       {std::string(65, 'a'), std::string("a b"), std::string("a\"b"), std::string("<x>")}) {
    const std::string made =
        server.Ask("GET", kBalance, "X-Request-ID: " + bad + "\r\n").header("x-request-id");
    EXPECT_EQ(made.size(), 36u) << made;
  }
}

}  // namespace
}  // namespace recover

#include "net/fetch.h"

#include <stdlib.h>

#include <atomic>
#include <map>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "net/fetch_with.h"
#include "net/loopback_server.h"
#include "net/transfer.h"

namespace recover {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

AddressGuard Only(std::string_view network) { return AddressGuard({*ParseIpNetwork(network)}); }
const AddressGuard kOneAddress = Only("127.0.0.1");

FetchLimits Limits(int64_t max_bytes = 1 << 20) {
  FetchLimits limits;
  limits.max_bytes = max_bytes;
  limits.total_timeout = seconds(20);
  return limits;
}

struct Fetched {
  Status status;
  std::string body;
  int pieces = 0;
};

Fetched Fetch(std::string_view url, const AddressGuard& guard = kOneAddress,
              const FetchLimits& limits = Limits(), const Resolver& resolver = Resolver::System(),
              const std::stop_token& stop = {}) {
  Fetched fetched;
  fetched.status = FetchUrlWith(
      resolver, url, guard, limits,
      [&](std::string_view piece) {
        fetched.body += piece;
        ++fetched.pieces;
        return Status::Ok();
      },
      stop);
  return fetched;
}

// Answers each look-up of a name with the next of its lines; the last one stays.
class ScriptedResolver final : public Resolver {
 public:
  explicit ScriptedResolver(std::map<std::string, std::vector<std::vector<std::string>>> script)
      : script_(std::move(script)) {}

  Result<std::vector<IpAddress>> Resolve(const std::string& host,
                                         std::chrono::steady_clock::time_point /*deadline*/,
                                         const std::stop_token& /*stop*/) const override {
    const std::lock_guard lock(mutex_);
    const auto lines = script_.find(host);
    if (lines == script_.end()) {
      return Status(StatusCode::kInvalidArgument, "there is no host " + host);
    }
    const size_t turn = std::min(static_cast<size_t>(asked_[host]++), lines->second.size() - 1);
    std::vector<IpAddress> addresses;
    for (const std::string& text : lines->second[turn]) {
      addresses.push_back(*ParseIpAddress(text));
    }
    return addresses;
  }

  int asked(const std::string& host) const {
    const std::lock_guard lock(mutex_);
    return asked_[host];
  }

 private:
  std::map<std::string, std::vector<std::vector<std::string>>> script_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, int> asked_;
};

LoopbackServer::Handler Always(std::string answer) {
  return [answer = std::move(answer)](const LoopbackRequest&, LoopbackConnection& connection) {
    connection.Send(answer);
  };
}

std::string RedirectTo(std::string_view location, int status = 302) {
  return HttpAnswer(status, "moved", "Location: " + std::string(location) + "\r\n");
}

TEST(FetchUrl, HandsTheWholeBodyOn) {
  std::string body;
  for (int i = 0; i < 200'000; ++i) {
    body += static_cast<char>(i * 31);
  }
  const LoopbackServer server(Always(HttpAnswer(200, body)));
  const Fetched fetched = Fetch(server.Url("/a%20b?c=d#e"));
  EXPECT_TRUE(fetched.status.ok()) << fetched.status.message();
  EXPECT_EQ(fetched.body, body);
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.requests()[0].method, "GET");
  EXPECT_EQ(server.requests()[0].target, "/a%20b?c=d");
}

TEST(FetchUrl, TakesABodyOfUnknownLength) {
  const LoopbackServer chunked(Always(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  EXPECT_EQ(Fetch(chunked.Url()).body, "abcde");
  const LoopbackServer until_close(Always("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcde"));
  EXPECT_EQ(Fetch(until_close.Url()).body, "abcde");
}

TEST(FetchUrl, ReachesNoLoopbackUnlessAllowedHoweverItIsWritten) {
  const LoopbackServer v4(Always(HttpAnswer(200, "secret")));
  const LoopbackServer v6(Always(HttpAnswer(200, "secret")), "::1", v4.port());
  for (const char* host :
       {"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
        "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost",
        "LocalHost.", "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1", "127.0.0.1.",
        "example.com@127.0.0.1", "127.0.0.2"}) {
    const Fetched fetched =
        Fetch("http://" + std::string(host) + ":" + std::to_string(v4.port()) + "/", {});
    EXPECT_EQ(fetched.status.code(), StatusCode::kInvalidArgument) << host;
    EXPECT_EQ(fetched.body, "") << host;
  }
  EXPECT_EQ(v4.connections(), 0);
  EXPECT_EQ(v6.connections(), 0);
}

TEST(FetchUrl, ReachesNoNameThatLeadsInside) {
  const LoopbackServer server(Always(HttpAnswer(200, "secret")));
  const ScriptedResolver resolver({{"inside.example", {{"127.0.0.1"}}},
                                   {"mapped.example", {{"::ffff:127.0.0.1"}}},
                                   {"metadata.example", {{"169.254.169.254"}}},
                                   {"several.example", {{"10.0.0.1", "fd00::1", "::1"}}}});
  for (const char* host :
       {"inside.example", "mapped.example", "metadata.example", "several.example"}) {
    const std::string url = "http://" + std::string(host) + ":" + std::to_string(server.port());
    const Status status = Fetch(url, {}, Limits(), resolver).status;
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << host;
    EXPECT_THAT(status.message(), HasSubstr("not public"));
    // What a name means inside is not told.
    EXPECT_EQ(status.message().find("127.0.0.1"), std::string::npos);
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(FetchUrl, UsesOnlyTheAllowedOnesOfSeveralAddresses) {
  const LoopbackServer open(Always(HttpAnswer(200, "open")));
  const LoopbackServer closed(Always(HttpAnswer(200, "closed")), "127.0.0.2", open.port());
  const ScriptedResolver resolver({{"both.example", {{"127.0.0.2", "127.0.0.1"}}}});
  const Fetched fetched = Fetch("http://both.example:" + std::to_string(open.port()) + "/",
                                kOneAddress, Limits(), resolver);
  EXPECT_EQ(fetched.body, "open") << fetched.status.message();
  EXPECT_EQ(closed.connections(), 0);
}

TEST(FetchUrl, AsksForANameOnceSoThatNoSecondAnswerCounts) {
  const LoopbackServer open(Always(HttpAnswer(200, "open")));
  const LoopbackServer closed(Always(HttpAnswer(200, "closed")), "127.0.0.2", open.port());
  const ScriptedResolver rebinding({{"rebind.example", {{"127.0.0.1"}, {"127.0.0.2"}}}});
  const std::string url = "http://rebind.example:" + std::to_string(open.port()) + "/";
  EXPECT_EQ(Fetch(url, kOneAddress, Limits(), rebinding).body, "open");
  EXPECT_EQ(rebinding.asked("rebind.example"), 1);
  EXPECT_EQ(open.requests().at(0).headers.at("host"), url.substr(7, url.size() - 8));
  EXPECT_EQ(closed.connections(), 0);
  // From now on the name leads inside: refused before anything is connected.
  EXPECT_EQ(Fetch(url, kOneAddress, Limits(), rebinding).status.code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(closed.connections(), 0);
}

TEST(RunTransfer, ChecksTheAddressOfTheSocketItself) {
  // As if the check of the looked-up addresses had been fooled.
  const LoopbackServer server(Always(HttpAnswer(200, "secret")));
  const auto url = ParseHttpUrl("http://fooled.example:" + std::to_string(server.port()) + "/", "");
  ASSERT_TRUE(url);
  const std::vector<IpAddress> addresses = {*ParseIpAddress("127.0.0.1"),
                                            *ParseIpAddress("::ffff:127.0.0.1")};
  TransferRequest request{.url = &*url,
                          .addresses = addresses,
                          .headers = {},
                          .max_bytes = 100,
                          .deadline = std::chrono::steady_clock::now() + seconds(20)};
  const auto sink = [](std::string_view) { return Status::Ok(); };
  const auto refused = RunTransfer(request, AddressGuard(), sink, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(server.connections(), 0);
  EXPECT_TRUE(RunTransfer(request, kOneAddress, sink, {}));
}

TEST(FetchUrl, FollowsRedirectsInEachForm) {
  const LoopbackServer server([](const LoopbackRequest& request, LoopbackConnection& connection) {
    const std::map<std::string, std::string> answers = {{"/dir/start", RedirectTo("next?a=b", 301)},
                                                        {"/dir/next?a=b", RedirectTo("/c", 303)},
                                                        {"/c", RedirectTo("?d", 307)},
                                                        {"/c?d", RedirectTo("./e#f", 308)},
                                                        {"/e", HttpAnswer(200, "picture")}};
    const auto found = answers.find(request.target);
    connection.Send(found == answers.end() ? HttpAnswer(404, "") : found->second);
  });
  const Fetched fetched = Fetch(server.Url("/dir/start"));
  EXPECT_TRUE(fetched.status.ok()) << fetched.status.message();
  EXPECT_EQ(fetched.body, "picture");  // And nothing of the redirects' own bodies.
}

TEST(FetchUrl, FollowsNoRedirectInside) {
  const LoopbackServer inside(Always(HttpAnswer(200, "secret")), "127.0.0.2");
  const std::string port = ":" + std::to_string(inside.port()) + "/";
  const ScriptedResolver resolver({{"inside.example", {{"127.0.0.2"}}}});
  for (const char* host : {"127.0.0.2", "0x7f000002", "2130706434", "0177.0.0.2",
                           "[::ffff:127.0.0.2]", "[::ffff:7f00:2]", "inside.example"}) {
    for (const std::string& scheme : {std::string("http://"), std::string("//")}) {
      const LoopbackServer server(Always(RedirectTo(scheme + host + port)));
      const Fetched fetched = Fetch(server.Url(), kOneAddress, Limits(), resolver);
      EXPECT_EQ(fetched.status.code(), StatusCode::kInvalidArgument) << host;
      EXPECT_EQ(fetched.body, "") << host;
      EXPECT_EQ(server.connections(), 1);
    }
  }
  EXPECT_EQ(inside.connections(), 0);
}

TEST(FetchUrl, ChecksANameAgainAtEachRedirect) {
  // Public at first; by the time of the redirect to itself it leads inside.
  const LoopbackServer open(Always(RedirectTo("/again")));
  const LoopbackServer closed(Always(HttpAnswer(200, "secret")), "127.0.0.2", open.port());
  const ScriptedResolver rebinding({{"rebind.example", {{"127.0.0.1"}, {"127.0.0.2"}}}});
  const Fetched fetched = Fetch("http://rebind.example:" + std::to_string(open.port()) + "/",
                                kOneAddress, Limits(), rebinding);
  EXPECT_EQ(fetched.status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(rebinding.asked("rebind.example"), 2);
  EXPECT_EQ(closed.connections(), 0);
}

TEST(FetchUrl, FollowsNoRedirectToAnotherKindOfUrl) {
  for (const char* location :
       {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "dict://127.0.0.1:1/",
        "scp://127.0.0.1/", "http://user:pw@127.0.0.1/"}) {
    const LoopbackServer server(Always(RedirectTo(location)));
    const Fetched fetched = Fetch(server.Url());
    EXPECT_EQ(fetched.status.code(), StatusCode::kInvalidArgument) << location;
    EXPECT_THAT(fetched.status.message(), HasSubstr("redirect"));
    EXPECT_EQ(fetched.body, "");
  }
}

TEST(FetchUrl, FollowsFiveRedirectsAndNoSixth) {
  std::atomic<int> last = 5;
  const LoopbackServer server([&](const LoopbackRequest& request, LoopbackConnection& connection) {
    const int step = std::stoi(request.target.substr(1));
    connection.Send(step == last ? HttpAnswer(200, "end")
                                 : RedirectTo("/" + std::to_string(step + 1)));
  });
  EXPECT_EQ(Fetch(server.Url("/0")).body, "end");
  last = 6;
  const Fetched fetched = Fetch(server.Url("/0"));
  EXPECT_EQ(fetched.status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(fetched.status.message(), HasSubstr("more than 5 redirects"));
  EXPECT_EQ(server.connections(), 12);
}

TEST(FetchUrl, TakesNothingAlongOverARedirect) {
  const LoopbackServer second(Always(HttpAnswer(200, "end")));
  const LoopbackServer first(
      Always(HttpAnswer(302, "", "Set-Cookie: a=b\r\nLocation: " + second.Url() + "\r\n")));
  EXPECT_EQ(Fetch(first.Url("/secret?token=1")).body, "end");
  const auto requests = second.requests();
  ASSERT_EQ(requests.size(), 1U);
  for (const char* name : {"cookie", "authorization", "referer", "x-api-key"}) {
    EXPECT_EQ(requests[0].headers.count(name), 0U) << name;
  }
}

TEST(FetchUrl, UsesNoProxyAndNoCredentialsOfThisMachine) {
  const LoopbackServer proxy(Always(HttpAnswer(200, "from the proxy")));
  const LoopbackServer server(Always(HttpAnswer(200, "from the server")));
  const TestFolder home;
  home.Put(".netrc", "machine 127.0.0.1 login operator password secret\n");
  const char* const found_home = getenv("HOME");
  const std::string old_home = found_home == nullptr ? "" : found_home;
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    setenv(name, proxy.Url().c_str(), 1);
  }
  setenv("HOME", home.path().c_str(), 1);
  const Fetched fetched = Fetch(server.Url());
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    unsetenv(name);
  }
  setenv("HOME", old_home.c_str(), 1);
  EXPECT_EQ(fetched.body, "from the server");
  EXPECT_EQ(proxy.connections(), 0);
  EXPECT_EQ(server.requests().at(0).headers.count("authorization"), 0U);
}

TEST(FetchUrl, TellsAnErrorOfTheServerByItsNumber) {
  for (const int code : {204 + 200, 403, 500, 503}) {
    const LoopbackServer server(Always(HttpAnswer(code, "a page for people")));
    const Fetched fetched = Fetch(server.Url());
    EXPECT_EQ(fetched.status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(fetched.status.message(), HasSubstr(std::to_string(code)));
    EXPECT_EQ(fetched.body, "");
  }
}

TEST(FetchUrl, TakesNoAnswerThatIsNotHttp) {
  for (const char* answer : {"just bytes", "SSH-2.0-OpenSSH_9.2\r\n", "", "HTTP/1.1\r\n\r\n"}) {
    const LoopbackServer server(Always(answer));
    const Fetched fetched = Fetch(server.Url());
    EXPECT_EQ(fetched.status.code(), StatusCode::kUnavailable) << answer;
    EXPECT_EQ(fetched.body, "");
  }
}

TEST(FetchUrl, EndsAtEndlessHeaders) {
  const LoopbackServer server([](const LoopbackRequest&, LoopbackConnection& connection) {
    connection.Send("HTTP/1.1 200 OK\r\n");
    while (connection.Send("X-More: " + std::string(1000, 'x') + "\r\n")) {
    }
  });
  const Fetched fetched = Fetch(server.Url());
  EXPECT_EQ(fetched.status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(fetched.status.message(), HasSubstr("headers"));
}

TEST(FetchUrl, RefusesADeclaredLengthBeforeTheFirstByte) {
  const LoopbackServer server([](const LoopbackRequest&, LoopbackConnection& connection) {
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
    connection.Linger(seconds(20));
  });
  const Fetched fetched = Fetch(server.Url(), kOneAddress, Limits(1000));
  EXPECT_EQ(fetched.status.code(), StatusCode::kTooLarge);
  EXPECT_THAT(fetched.status.message(), HasSubstr("1000 B"));
  EXPECT_EQ(fetched.pieces, 0);
}

TEST(FetchUrl, EndsABodyOfUnknownLengthAtTheLimit) {
  const LoopbackServer server([](const LoopbackRequest&, LoopbackConnection& connection) {
    connection.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (connection.Send("3e8\r\n" + std::string(1000, 'x') + "\r\n")) {
    }
  });
  const Fetched fetched = Fetch(server.Url(), kOneAddress, Limits(50'000));
  EXPECT_EQ(fetched.status.code(), StatusCode::kTooLarge);
  EXPECT_LE(fetched.body.size(), 50'000U);
}

TEST(FetchUrl, TakesABodyOfExactlyTheLimit) {
  const LoopbackServer server(Always(HttpAnswer(200, std::string(1000, 'x'))));
  EXPECT_TRUE(Fetch(server.Url(), kOneAddress, Limits(1000)).status.ok());
  EXPECT_EQ(Fetch(server.Url(), kOneAddress, Limits(999)).status.code(), StatusCode::kTooLarge);
}

TEST(FetchUrl, EndsASlowDripAtTheTotalTime) {
  const LoopbackServer server([](const LoopbackRequest&, LoopbackConnection& connection) {
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (connection.Send("x") && connection.Linger(milliseconds(10))) {
    }
  });
  FetchLimits limits = Limits();
  limits.total_timeout = milliseconds(300);
  const auto start = std::chrono::steady_clock::now();
  const Fetched fetched = Fetch(server.Url(), kOneAddress, limits);
  EXPECT_EQ(fetched.status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(fetched.status.message(), HasSubstr("too long"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(10));
}

TEST(FetchUrl, CountsAllHopsInOneTotalTime) {
  const LoopbackServer server([](const LoopbackRequest&, LoopbackConnection& connection) {
    if (connection.Linger(milliseconds(200))) {
      connection.Send(RedirectTo("/again"));
    }
  });
  FetchLimits limits = Limits();
  limits.total_timeout = milliseconds(300);
  EXPECT_EQ(Fetch(server.Url(), kOneAddress, limits).status.code(), StatusCode::kUnavailable);
  EXPECT_LE(server.connections(), 2);
}

TEST(FetchUrl, NoticesABodyCutShort) {
  const LoopbackServer server(Always("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"));
  const Fetched fetched = Fetch(server.Url());
  EXPECT_EQ(fetched.status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(fetched.status.message(), HasSubstr("complete"));
}

TEST(FetchUrl, TellsThatNobodyListens) {
  int port = 0;
  {
    const LoopbackServer gone(Always(""));
    port = gone.port();
  }
  const Fetched fetched = Fetch("http://127.0.0.1:" + std::to_string(port) + "/");
  EXPECT_EQ(fetched.status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(fetched.status.message(), HasSubstr("connect"));
}

TEST(FetchUrl, EndsSoonAfterAStop) {
  const LoopbackServer server([](const LoopbackRequest&, LoopbackConnection& connection) {
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    connection.Linger(seconds(20));
  });
  std::stop_source source;
  const std::jthread stopper([&] {
    server.WaitForRequests(1);
    source.request_stop();
  });
  const auto start = std::chrono::steady_clock::now();
  const Fetched fetched =
      Fetch(server.Url(), kOneAddress, Limits(), Resolver::System(), source.get_token());
  EXPECT_EQ(fetched.status.code(), StatusCode::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(10));
}

TEST(FetchUrl, PassesTheSinksErrorOn) {
  const LoopbackServer server(Always(HttpAnswer(200, std::string(100'000, 'x'))));
  int calls = 0;
  const Status status = FetchUrl(server.Url(), kOneAddress, Limits(),
                                 [&](std::string_view) {
                                   ++calls;
                                   return Status(StatusCode::kOutOfSpace, "the disk is full");
                                 },
                                 {});
  EXPECT_EQ(status.code(), StatusCode::kOutOfSpace);
  EXPECT_EQ(status.message(), "the disk is full");
  EXPECT_EQ(calls, 1);
}

TEST(SystemResolver, FindsThisMachine) {
  const auto addresses =
      Resolver::System().Resolve("localhost", std::chrono::steady_clock::now() + seconds(20), {});
  ASSERT_TRUE(addresses) << addresses.error().message();
  for (const IpAddress& address : *addresses) {
    EXPECT_FALSE(AddressGuard().Allows(address)) << address.ToText();
  }
}

TEST(SystemResolver, WaitsNoLongerThanItMay) {
  const auto late = Resolver::System().Resolve("localhost", std::chrono::steady_clock::now(), {});
  if (!late) {  // It may have been quicker than the look at the clock.
    EXPECT_EQ(late.error().code(), StatusCode::kUnavailable);
  }
  std::stop_source source;
  source.request_stop();
  const auto stopped = Resolver::System().Resolve(
      "no-such-name.invalid", std::chrono::steady_clock::now() + seconds(20), source.get_token());
  EXPECT_FALSE(stopped);
}

Result<int> Post(std::string_view url, const AddressGuard& guard = kOneAddress,
                 const FetchLimits& limits = Limits()) {
  return PostJson(url, R"({"a":1})", {{"X-Recover-Signature", "t=1,v1=ab"}}, guard, limits, {});
}

TEST(PostJson, SendsTheBodyAndTheHeaders) {
  const LoopbackServer server(Always(HttpAnswer(202, "thanks")));
  const auto answer = Post(server.Url("/hook?id=1"));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(*answer, 202);
  const LoopbackRequest request = server.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/hook?id=1");
  EXPECT_EQ(request.body, R"({"a":1})");
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
  EXPECT_EQ(request.headers.at("x-recover-signature"), "t=1,v1=ab");
}

TEST(PostJson, TellsEachStatusAndFollowsNoRedirect) {
  const LoopbackServer other(Always(HttpAnswer(200, "")));
  for (const int status : {200, 204, 301, 302, 307, 400, 404, 410, 429, 500, 503}) {
    const LoopbackServer server(
        Always(HttpAnswer(status, "", "Location: " + other.Url() + "\r\n")));
    const auto answer = Post(server.Url());
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(*answer, status);
  }
  EXPECT_EQ(other.connections(), 0);
}

TEST(PostJson, ReachesNothingInside) {
  const LoopbackServer server(Always(HttpAnswer(200, "")));
  for (const char* host : {"127.0.0.1", "localhost", "0x7f000001", "[::ffff:127.0.0.1]"}) {
    const auto answer =
        Post("http://" + std::string(host) + ":" + std::to_string(server.port()) + "/", {});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(PostJson, NeedsNoMoreThanTheStatus) {
  const LoopbackServer endless([](const LoopbackRequest&, LoopbackConnection& connection) {
    connection.Send("HTTP/1.1 200 OK\r\n\r\n");
    while (connection.Send(std::string(1000, 'x'))) {
    }
  });
  EXPECT_EQ(*Post(endless.Url()), 200);
  const LoopbackServer slow([](const LoopbackRequest&, LoopbackConnection& connection) {
    connection.Send("HTTP/1.1 500 Oh\r\nContent-Length: 5\r\n\r\nab");
    connection.Linger(seconds(20));
  });
  FetchLimits limits = Limits();
  limits.total_timeout = milliseconds(300);
  EXPECT_EQ(*Post(slow.Url(), kOneAddress, limits), 500);
}

TEST(PostJson, TellsThatNoAnswerCame) {
  const LoopbackServer silent([](const LoopbackRequest&, LoopbackConnection& connection) {
    connection.Linger(seconds(20));
  });
  FetchLimits limits = Limits();
  limits.total_timeout = milliseconds(200);
  const auto answer = Post(silent.Url(), kOneAddress, limits);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace recover

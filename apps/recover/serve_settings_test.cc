#include "serve_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace recover::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

OptionInputs Inputs(std::map<std::string, std::string> flags) {
  OptionInputs inputs;
  flags.emplace("data", "/srv/recover");
  inputs.flags = std::move(flags);
  return inputs;
}

ServeSettings Read(std::map<std::string, std::string> flags) {
  const auto options = ResolveOptions("serve", Inputs(std::move(flags)));
  EXPECT_TRUE(options) << options.error().message();
  auto settings = ReadServeSettings(*options);
  EXPECT_TRUE(settings) << settings.error().message();
  return *std::move(settings);
}

std::string Fault(std::map<std::string, std::string> flags) {
  const auto options = ResolveOptions("serve", Inputs(std::move(flags)));
  if (!options) return options.error().message();
  const auto settings = ReadServeSettings(*options);
  EXPECT_FALSE(settings);
  EXPECT_EQ(settings.error().code(), StatusCode::kInvalidArgument);
  return settings.error().message();
}

/// The word behind `flag` among the workers' arguments.
std::string WorkerArgument(const ServeSettings& settings, const std::string& flag) {
  const auto& words = settings.pool.arguments;
  const auto found = std::find(words.begin(), words.end(), flag);
  return found == words.end() ? "" : *(found + 1);
}

TEST(ParseListen, TakesLiteralAddressesWithAPort) {
  using Pair = std::pair<std::string, int>;
  EXPECT_EQ(ParseListen("127.0.0.1:8080").value(), Pair("127.0.0.1", 8080));
  EXPECT_EQ(ParseListen("localhost:0").value(), Pair("127.0.0.1", 0));
  EXPECT_EQ(ParseListen(":65535").value(), Pair("0.0.0.0", 65535));
  EXPECT_EQ(ParseListen("[::1]:80").value(), Pair("::1", 80));
  for (const char* text :
       {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "::1:8080", "[::1]", "[127.0.0.1]:80",
        "1.2.3.4:65536", "1.2.3.4:-1", "host:80", "1.2.3.4:80 ",
        "http:"
        "//1.2.3.4:80"}) {
    EXPECT_FALSE(ParseListen(text)) << text;
  }
}

TEST(UrlOf, PutsBracketsAroundIpV6) {
  EXPECT_EQ(UrlOf("127.0.0.1", 8080, false), "http://127.0.0.1:8080");
  EXPECT_EQ(UrlOf("::1", 443, true), "https://[::1]:443");
}

TEST(ServeSettings, DefaultsAreThoseOfTheSpecification) {
  const ServeSettings settings = Read({});
  EXPECT_EQ(settings.data_folder, "/srv/recover");
  EXPECT_EQ(settings.http.host, "127.0.0.1");
  EXPECT_EQ(settings.http.port, 8080);
  EXPECT_EQ(settings.http.max_body_bytes, 500'000'000);
  EXPECT_FALSE(settings.http.single_user);
  EXPECT_EQ(settings.limits.max_input_pixels, 24'000'000);
  EXPECT_EQ(settings.limits.max_output_pixels, 384'000'000);
  EXPECT_EQ(settings.limits.retention, std::chrono::hours(7 * 24));
  EXPECT_EQ(settings.drain, std::chrono::seconds(30));
  EXPECT_EQ(settings.pool.workers, 1);
  EXPECT_FALSE(settings.guard.Allows(ParseIpAddress("10.0.0.1").value()));
}

TEST(ServeSettings, ListsAreCutAtCommas) {
  const ServeSettings settings =
      Read({{"allow-network", "10.0.0.0/8, fd00::/8"},
            {"trusted-proxy", "127.0.0.1,::1"},
            {"cors-origin", "https://a.example/, http://b.example:3000"}});
  EXPECT_TRUE(settings.guard.Allows(ParseIpAddress("10.9.8.7").value()));
  EXPECT_TRUE(settings.guard.Allows(ParseIpAddress("fd12::1").value()));
  EXPECT_FALSE(settings.guard.Allows(ParseIpAddress("192.168.0.1").value()));
  EXPECT_EQ(settings.http.trusted_proxies.size(), 2U);
  EXPECT_THAT(settings.http.cors_origins,
              ElementsAre("https://a.example", "http://b.example:3000"));
}

TEST(ServeSettings, ThePublicUrlMayHaveAPathAndLosesItsSlash) {
  EXPECT_EQ(Read({{"public-url", "https://home.example/recover/"}}).http.public_url,
            "https://home.example/recover");
  for (const char* url : {"home.example", "ftp://home.example", "https://", "https://a/?x",
                          "https://user@host", "https://a b"}) {
    EXPECT_THAT(Fault({{"public-url", url}}), HasSubstr("--public-url")) << url;
  }
}

TEST(ServeSettings, WorkersShareThreadsAndMemory) {
  const ServeSettings settings =
      Read({{"workers", "3"}, {"threads", "8"}, {"memory", "3G"}, {"models", "/m"}});
  EXPECT_EQ(settings.pool.workers, 3);
  EXPECT_EQ(settings.pool.arguments.front(), "worker");
  EXPECT_EQ(WorkerArgument(settings, "--threads"), "2");
  EXPECT_EQ(WorkerArgument(settings, "--memory"), std::to_string(int64_t{1} << 30));
  EXPECT_EQ(WorkerArgument(settings, "--data"), "/srv/recover");
  EXPECT_EQ(WorkerArgument(settings, "--models"), "/m");
  EXPECT_EQ(WorkerArgument(settings, "--temp"), "");
  EXPECT_THAT(Fault({{"workers", "3"}, {"memory", "100M"}}), HasSubstr("--memory"));
}

TEST(ServeSettings, AWorkersArgumentsAreOptionsOfTheWorker) {
  const ServeSettings settings = Read({{"temp", "/t"}, {"config", "/c"}, {"job-timeout", "9"}});
  OptionInputs worker;
  const auto& words = settings.pool.arguments;
  for (size_t i = 1; i + 1 < words.size(); i += 2) {
    ASSERT_TRUE(words[i].starts_with("--")) << words[i];
    worker.flags[words[i].substr(2)] = words[i + 1];
  }
  const auto options = ResolveOptions("worker", worker);
  ASSERT_TRUE(options) << options.error().message();
  for (const auto& [name, text] : worker.flags) {
    EXPECT_EQ(options->SourceOf(name), OptionSource::kFlag) << name;
  }
  EXPECT_EQ(options->Integer("job-timeout"), 9);
}

TEST(ServeSettings, SingleUserIsForThisMachineAlone) {
  EXPECT_TRUE(Read({{"single-user", "true"}}).http.single_user);
  EXPECT_TRUE(Read({{"single-user", "true"}, {"listen", "[::1]:80"}}).http.single_user);
  for (const char* listen : {"0.0.0.0:8080", "[::]:8080", "192.168.1.4:80", ":8080"}) {
    EXPECT_THAT(Fault({{"single-user", "true"}, {"listen", listen}}), HasSubstr("this machine"));
  }
}

TEST(ServeSettings, WhatIsWrongIsNamed) {
  EXPECT_THAT(Fault({{"listen", "here"}}), HasSubstr("--listen here"));
  EXPECT_THAT(Fault({{"allow-network", "10.0.0.0/8,ten"}}), HasSubstr("--allow-network ten"));
  EXPECT_THAT(Fault({{"trusted-proxy", "10.0.0.0/33"}}), HasSubstr("--trusted-proxy 10.0.0.0/33"));
  EXPECT_THAT(Fault({{"cors-origin", "https://a.example/page"}}), HasSubstr("--cors-origin"));
  EXPECT_THAT(Fault({{"tls-key", "/k"}}), HasSubstr("--tls-certificate"));
  EXPECT_THAT(Fault({{"retention-days", "-1"}}), HasSubstr("--retention-days"));
}

}  // namespace
}  // namespace recover::cli

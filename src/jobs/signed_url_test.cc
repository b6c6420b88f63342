#include "jobs/signed_url.h"

#include <gtest/gtest.h>

#include "base/ids.h"

namespace recover {
namespace {

constexpr std::string_view kSecret = "a secret of this store";
constexpr std::string_view kOrigin = "http://127.0.0.1:8080";
constexpr std::string_view kBlob = "0b8f6a5e-6f0c-4d7b-9a53-0d6f3d1f9d11";
constexpr UnixTime kExpiry{std::chrono::seconds(1'800'000'000)};
constexpr UnixTime kBefore = kExpiry - std::chrono::seconds(1);

struct Query {
  std::string exp;
  std::string sig;
};

Query QueryOf(const std::string& url) {
  const size_t exp = url.find("?exp=");
  const size_t sig = url.find("&sig=");
  return {url.substr(exp + 5, sig - exp - 5), url.substr(sig + 5)};
}

Query Signed(std::string_view method) {
  const SignedUrls urls = SignFileUrls(kSecret, kOrigin, kBlob, kExpiry);
  return QueryOf(method == "GET" ? urls.download_url : urls.head_url);
}

StatusCode Check(std::string_view method, const Query& query, UnixTime now = kBefore,
                 std::string_view blob = kBlob, std::string_view secret = kSecret) {
  return CheckFileSignature(secret, method, blob, query.exp, query.sig, now).code();
}

TEST(SignedUrl, IsTheOriginTheFileAndTheSignature) {
  const SignedUrls urls = SignFileUrls(kSecret, "https://photos.example/", kBlob, kExpiry);
  EXPECT_EQ(urls.expiry, kExpiry);
  const std::string stem =
      "https://photos.example/files/" + std::string(kBlob) + "?exp=1800000000&sig=";
  EXPECT_EQ(urls.download_url.substr(0, stem.size()), stem);
  EXPECT_EQ(urls.head_url.substr(0, stem.size()), stem);
  EXPECT_EQ(urls.download_url.size(), stem.size() + 64);
}

TEST(SignedUrl, OfGetServesGetAndHead) {
  EXPECT_EQ(Check("GET", Signed("GET")), StatusCode::kOk);
  EXPECT_EQ(Check("HEAD", Signed("GET")), StatusCode::kOk);
}

TEST(SignedUrl, OfHeadServesHeadAlone) {
  EXPECT_EQ(Check("HEAD", Signed("HEAD")), StatusCode::kOk);
  EXPECT_EQ(Check("GET", Signed("HEAD")), StatusCode::kPermissionDenied);
}

TEST(SignedUrl, ServesNoOtherMethod) {
  for (const char* method : {"POST", "DELETE", "get", "OPTIONS", ""}) {
    EXPECT_EQ(Check(method, Signed("GET")), StatusCode::kPermissionDenied) << method;
  }
}

TEST(SignedUrl, EndsInTheSecondOfItsExpiry) {
  EXPECT_EQ(Check("GET", Signed("GET"), kBefore), StatusCode::kOk);
  EXPECT_EQ(Check("GET", Signed("GET"), kExpiry), StatusCode::kPermissionDenied);
}

TEST(SignedUrl, HoldsForItsFileAndItsStoreAlone) {
  EXPECT_EQ(Check("GET", Signed("GET"), kBefore, NewUuid()), StatusCode::kPermissionDenied);
  EXPECT_EQ(Check("GET", Signed("GET"), kBefore, kBlob, "another secret"),
            StatusCode::kPermissionDenied);
}

TEST(SignedUrl, BreaksWithEachChangedCharacterOfItsSignature) {
  const Query good = Signed("GET");
  for (size_t at = 0; at < good.sig.size(); ++at) {
    Query bad = good;
    bad.sig[at] = bad.sig[at] == '0' ? '1' : '0';
    EXPECT_EQ(Check("GET", bad), StatusCode::kPermissionDenied) << at;
  }
  for (const std::string& sig : {std::string(), good.sig.substr(1), good.sig + "0"}) {
    EXPECT_EQ(Check("GET", {good.exp, sig}), StatusCode::kPermissionDenied) << sig;
  }
}

TEST(SignedUrl, BreaksWithAnotherSpellingOfItsExpiry) {
  const Query good = Signed("GET");
  for (const char* exp : {"1800000001", "9999999999", "+1800000000", "01800000000", "1800000000 ",
                          "1800000000.0", "1.8e9", "", "-1", "99999999999999999999"}) {
    EXPECT_EQ(Check("GET", {exp, good.sig}), StatusCode::kPermissionDenied) << exp;
  }
}

TEST(SignedUrl, TellsAnExpiredUrlFromAForgedOne) {
  const Query good = Signed("GET");
  const Status expired = CheckFileSignature(kSecret, "GET", kBlob, good.exp, good.sig, kExpiry);
  EXPECT_NE(expired.message().find("expired"), std::string::npos);
  // A forger learns nothing from the date that he made up.
  const Status forged = CheckFileSignature(kSecret, "GET", kBlob, "1", good.sig, kExpiry);
  EXPECT_EQ(forged.message().find("expired"), std::string::npos);
}

}  // namespace
}  // namespace recover

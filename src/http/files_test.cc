// Stored pictures over a real socket: signatures, ranges, names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/file_name.h"
#include "http/range.h"
#include "http/test_server.h"
#include "jobs/signed_url.h"

namespace recover {
namespace {

using testing::HasSubstr;

// What follows the origin.
std::string TargetOf(const std::string& url) { return url.substr(url.find('/', 8)); }

// A server with one input whose bytes are known.
struct Stored {
  explicit Stored(const std::string& file_name = "picture one.png") {
    const Reply reply = server.Submit({{"image", bytes, file_name}});
    id = reply.header("x-process-id");
    source_id = reply.header("x-source-id");
    const Json urls = server.Ask("GET", "/image/v1/download/input/" + id).json();
    get = TargetOf(urls["download_url"]);
    head = TargetOf(urls["head_url"]);
  }
  Reply Range(const std::string& range, const std::string& more = {}) const {
    return server.AskBare("GET", get, "Range: " + range + "\r\n" + more);
  }

  std::string bytes = PngOf({61, 47});
  TestServer server;
  std::string id;
  std::string source_id;
  std::string get;
  std::string head;
};

TEST(Files, ASignedUrlGivesTheBytesWithOrWithoutAKey) {
  const Stored stored;
  for (const std::string& headers : {std::string(), stored.server.KeyLine()}) {
    const Reply reply = stored.server.AskBare("GET", stored.get, headers);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, stored.bytes);
    EXPECT_EQ(reply.header("content-type"), "image/png");
    EXPECT_EQ(reply.header("accept-ranges"), "bytes");
    EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(reply.header("content-disposition"), "attachment; filename=\"picture one.png\"");
  }
}

TEST(Files, HeadHasTheLengthAndNoBody) {
  const Stored stored;
  for (const std::string& target : {stored.head, stored.get}) {
    const Reply reply = stored.server.AskBare("HEAD", target);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("content-length"), std::to_string(stored.bytes.size()));
  }
  // The other way about it is not signed.
  EXPECT_EQ(stored.server.AskBare("GET", stored.head).status, 403);
}

TEST(Files, ForgedAndExpiredSignaturesAre403) {
  Stored stored;
  const std::string path = stored.get.substr(0, stored.get.find('?'));
  std::string forged = stored.get;
  forged.back() = forged.back() == '0' ? '1' : '0';
  std::string later = stored.get;
  later.insert(later.find("exp=") + 4, "9");
  for (const std::string& target :
       {path, path + "?exp=&sig=", forged, later, path + "?exp=99999999999999999999&sig=0"}) {
    EXPECT_EQ(stored.server.AskBare("GET", target).status, 403) << target;
  }
  stored.server.store.clock.Advance(std::chrono::hours(1) + std::chrono::seconds(1));
  EXPECT_EQ(stored.server.AskBare("GET", stored.get).status, 403);
}

TEST(Files, RemovedIs410AndUnknownIs404) {
  const Stored stored;
  EXPECT_EQ(stored.server.Ask("DELETE", "/image/v1/cancel/" + stored.id).status, 204);
  EXPECT_EQ(stored.server.Ask("DELETE", "/image/v1/status/" + stored.id).status, 204);
  EXPECT_EQ(stored.server.AskBare("GET", stored.get).status, 410);
  const std::string unknown = "00000000-0000-4000-8000-000000000000";
  const SignedUrls urls = SignFileUrls(stored.server.store.service->url_secret(), "http://h",
                                       unknown, UnixTime(std::chrono::seconds(1'900'000'000)));
  EXPECT_EQ(stored.server.AskBare("GET", TargetOf(urls.download_url)).status, 404);
}

TEST(Files, NothingButIdsIsLookedUp) {
  const Stored stored;
  const std::string query = stored.get.substr(stored.get.find('?'));
  for (const char* name :
       {"..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "a%00b", "recover.db",
        "..%5c..", "%c0%ae%c0%ae", "00000000-0000-4000-8000-00000000000g"}) {
    const Reply reply = stored.server.AskBare("GET", "/files/" + std::string(name) + query);
    EXPECT_EQ(reply.status, 404) << name;
    EXPECT_EQ(reply.json()["code"], 404);
  }
  EXPECT_EQ(stored.server.AskBare("GET", "/files/../../etc/passwd" + query).status, 404);
}

TEST(Ranges, AnySplitPutTogetherIsTheWhole) {
  const Stored stored;
  const size_t size = stored.bytes.size();
  for (const size_t step : {size_t{1} + size / 7, size_t{97}, size - 1, size, size + 5}) {
    std::string whole;
    for (size_t at = 0; at < size; at += step) {
      const Reply reply =
          stored.Range("bytes=" + std::to_string(at) + "-" + std::to_string(at + step - 1));
      ASSERT_EQ(reply.status, 206);
      const size_t last = std::min(size, at + step) - 1;
      EXPECT_EQ(
          reply.header("content-range"),
          "bytes " + std::to_string(at) + "-" + std::to_string(last) + "/" + std::to_string(size));
      whole += reply.body;
    }
    EXPECT_EQ(whole, stored.bytes) << step;
  }
}

TEST(Ranges, SuffixOpenEndAndConditionsAreServed) {
  const Stored stored;
  EXPECT_EQ(stored.Range("bytes=-5").body, stored.bytes.substr(stored.bytes.size() - 5));
  EXPECT_EQ(stored.Range("bytes=10-").body, stored.bytes.substr(10));
  EXPECT_EQ(stored.Range("bytes=-99999999").body, stored.bytes);
  const std::string etag = stored.Range("bytes=0-0").header("etag");
  EXPECT_EQ(etag, "\"" + stored.source_id + "\"");
  EXPECT_EQ(stored.Range("bytes=0-0", "If-Range: " + etag + "\r\n").status, 206);
  EXPECT_EQ(stored.Range("bytes=0-0", "If-Range: \"other\"\r\n").status, 200);
}

TEST(Ranges, BehindTheEndIs416AndNonsenseIsPassedOver) {
  const Stored stored;
  const std::string size = std::to_string(stored.bytes.size());
  for (const std::string& range :
       {"bytes=" + size + "-", std::string("bytes=99999999999999999999-"),
        std::string("bytes=-0")}) {
    const Reply reply = stored.Range(range);
    EXPECT_EQ(reply.status, 416) << range;
    EXPECT_EQ(reply.header("content-range"), "bytes */" + size);
    EXPECT_EQ(reply.json()["code"], 416);
  }
  for (const char* range : {"bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=", "bytes=0-1,3-4", "x",
                            "bytes=1-2-3", "bytes=--5", "bytes=+1-2"}) {
    const Reply reply = stored.Range(range);
    EXPECT_EQ(reply.status, 200) << range;
    EXPECT_EQ(reply.body, stored.bytes);
  }
}

TEST(Ranges, EveryPartLiesInTheFile) {
  for (int64_t size = 0; size < 12; ++size) {
    for (int64_t first = 0; first < 14; ++first) {
      for (int64_t last = 0; last < 14; ++last) {
        const ByteRange range =
            ParseRange("bytes=" + std::to_string(first) + "-" + std::to_string(last), size);
        if (range.kind == ByteRange::Kind::kPart) {
          EXPECT_GE(range.offset, 0);
          EXPECT_GE(range.length, 1);
          EXPECT_LE(range.offset + range.length, size);
        } else if (range.kind == ByteRange::Kind::kUnsatisfiable) {
          EXPECT_GE(first, size);
        } else {
          EXPECT_LT(last, first);
        }
      }
    }
  }
}

TEST(FileNames, CannotLeaveTheirHeader) {
  for (const std::string& name :
       {std::string("a\"b.jpg"), std::string("a\r\nX-Evil: 1.jpg"), std::string("a\\b"),
        std::string("../../etc/passwd"), std::string("C:\\photos\\me.jpg"),
        std::string("caf\xC3\xA9.jpg"), std::string("\xFF\xFE.jpg"), std::string("a\0b", 3),
        std::string(5000, 'x'), std::string("\xE2\x80\xAE.gpj"), std::string("100%.jpg"),
        std::string("\x7F\x01"), std::string()}) {
    const std::string value = ContentDisposition(name);
    EXPECT_THAT(value, testing::StartsWith("attachment"));
    EXPECT_LT(value.size(), 2000u);
    for (const char c : value) {
      EXPECT_TRUE(c >= ' ' && c <= '~') << value;
    }
    EXPECT_EQ(value.find('/'), std::string::npos) << value;
    EXPECT_LE(std::count(value.begin(), value.end(), '"'), 2) << value;
  }
  EXPECT_EQ(ContentDisposition("caf\xC3\xA9.jpg"),
            "attachment; filename=\"caf__.jpg\"; filename*=UTF-8''caf%C3%A9.jpg");
  EXPECT_EQ(CleanFileName("C:\\photos\\me.jpg"), "me.jpg");
  EXPECT_EQ(CleanFileName("dir/"), "");
  // A cut does not split a code point.
  const std::string cut = CleanFileName(std::string(254, 'x') + "\xC3\xA9");
  EXPECT_EQ(cut, std::string(254, 'x'));
}

TEST(FileNames, OfAnUploadComeBackWithItsInput) {
  const Stored stored("quo\\\"te\xC3\xA9.png");
  const Reply reply = stored.server.AskBare("GET", stored.get);
  EXPECT_THAT(reply.header("content-disposition"),
              HasSubstr("filename*=UTF-8''quo%22te%C3%A9.png"));
  EXPECT_EQ(stored.server.Ask("GET", "/image/v1/status/" + stored.id).json()["filename"],
            "quo\"te\xC3\xA9.png");
}

}  // namespace
}  // namespace recover

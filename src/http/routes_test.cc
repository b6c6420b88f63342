// The API's routes over a real socket and a real store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ids.h"
#include "base/log.h"
#include "http/openapi.h"
#include "http/router.h"
#include "http/test_server.h"
#include "jobs/setting_table.h"

namespace recover {
namespace {

using testing::HasSubstr;

constexpr char kSubmit[] = "/image/v1/enhance-gen/async";
constexpr char kUnknownId[] = "00000000-0000-4000-8000-000000000000";

TEST(Submit, AnswersTheSameInBodyAndHeaders) {
  const TestServer server;
  const Reply reply = server.Submit({{"image", PngOf({8, 6}), "a.png"}});
  ASSERT_EQ(reply.status, 200) << reply.body;
  const Json json = reply.json();
  EXPECT_EQ(json.size(), 3u);
  EXPECT_TRUE(IsUuid(json["process_id"].get<std::string>()));
  EXPECT_EQ(reply.header("x-process-id"), json["process_id"]);
  EXPECT_EQ(reply.header("x-source-id"), json["source_id"]);
  EXPECT_EQ(reply.header("x-eta"), std::to_string(json["eta"].get<int64_t>()));
}

TEST(Submit, StatusIsWholeFromTheFirstAnswerOn) {
  const TestServer server;
  const std::string id = server.SubmitPicture({{"output_width", "16"},
                                               {"output_format", "TIF"},
                                               {"subject_detection", "foreground"},
                                               {"faceEnhancement", "true"},
                                               {"model", "Recovery V2"}});
  const Reply reply = server.Ask("GET", "/image/v1/status/" + id);
  ASSERT_EQ(reply.status, 200);
  const Json job = reply.json();
  const Json required = OpenApiDocument()["components"]["schemas"]["StatusResponse"]["required"];
  ASSERT_EQ(required.size(), 18u);
  for (const Json& name : required) {
    EXPECT_TRUE(job.contains(name.get<std::string>())) << name;
  }
  EXPECT_EQ(job["filename"], "small.png");
  EXPECT_EQ(job["input_format"], "png");
  EXPECT_EQ(job["output_format"], "tiff");
  EXPECT_EQ(job["output_width"], 16);
  EXPECT_EQ(job["output_height"], 12);
  EXPECT_EQ(job["category"], "Enhance");
  EXPECT_EQ(job["model_type"], "Generative");
  EXPECT_EQ(job["model"], "Recover 3");
  EXPECT_EQ(job["subject_detection"], "Foreground");
  EXPECT_EQ(job["face_enhancement"], true);
  EXPECT_FALSE(job.contains("face_enhancement_strength"));
  EXPECT_FALSE(job.contains("message"));
  EXPECT_EQ(job["status"], "Pending");
  EXPECT_EQ(job["progress"], 0);
  ASSERT_TRUE(job["options_json"].is_string());
  EXPECT_TRUE(ParseJson(job["options_json"].get<std::string>(), "options")->is_object());
}

TEST(Submit, ThePictureMayStandAnywhereAmongTheParts) {
  const TestServer server;
  const Part picture{"image", PngOf({8, 6}), "blob"};
  const Part width{"output_width", "20"};
  const Part model{"model", "Natural Enhance"};
  for (const auto& order : {std::vector{picture, width, model}, std::vector{width, picture, model},
                            std::vector{width, model, picture}}) {
    const Reply reply = server.Submit(order);
    ASSERT_EQ(reply.status, 200) << reply.body;
    const Json job = server.Ask("GET", "/image/v1/status/" + reply.header("x-process-id")).json();
    EXPECT_EQ(job["output_width"], 20);
    EXPECT_EQ(job["model"], "Natural Enhance");
  }
}

TEST(Submit, RefusalsNameTheFieldAndStoreNothing) {
  const TestServer server;
  const Part picture{"image", PngOf({8, 6}), "a.png"};
  const std::string no_uuid = "../../etc/passwd";
  const std::pair<std::vector<Part>, std::string> refusals[] = {
      {{}, "one of image"},
      {{picture, {"source_id", kUnknownId}}, "only one"},
      {{{"source_id", kUnknownId}}, "source_id"},
      {{{"source_id", no_uuid}}, "source_id must be a UUID"},
      {{picture, picture}, "image was sent twice"},
      {{picture, {"creativity", "3.5"}}, "creativity must be a whole number from 1 to 9"},
      {{picture, {"outputWidth", "0"}}, "output_width must be a whole number from 1 to 32000"},
      {{picture, {"model", "x"}}, "Natural Enhance"},
      {{picture, {"prompt", "\xFF"}}, "prompt must be UTF-8"},
      {{picture, {"webhook_url", "ftp://example.com/"}}, "webhook_url"},
      {{picture, {"webhook_url", "http://127.0.0.1/"}}, "webhook_url"},
      {{{"source_url", "http://[::ffff:10.0.0.1]/a.jpg"}}, "source_url"},
      {{{"source_url", ""}}, "source_url"},
      {{picture, {"creativity", "3"}, {"creativity", "4"}}, "creativity was sent twice"}};
  for (const auto& [parts, words] : refusals) {
    const Reply reply = server.Submit(parts);
    EXPECT_EQ(reply.status, 400) << words << reply.body;
    EXPECT_EQ(reply.json()["code"], 400);
    EXPECT_THAT(reply.message(), HasSubstr(words));
  }
  EXPECT_EQ(server.BlobFiles(), 0u);
  EXPECT_EQ(server.Ask("GET", "/account/v1/credits/balance").json()["reserved_credits"], 0);
  EXPECT_EQ(server.Ask("GET", "/image/v1/status").json().size(), 0u);
}

TEST(Submit, OtherBodiesAndOtherFilesAre415) {
  const TestServer server;
  EXPECT_EQ(server.Submit({{"image", "no picture at all", "a.jpg"}}).status, 415);
  EXPECT_EQ(server.Submit({{"image", "", "a.jpg"}}).status, 415);
  EXPECT_EQ(server.Ask("POST", kSubmit, "Content-Type: application/json\r\n", "{}").status, 415);
  EXPECT_EQ(server.Ask("POST", kSubmit, "", "abc").status, 415);
  EXPECT_EQ(server.Ask("POST", kSubmit).status, 400);  // no body: no source
  EXPECT_EQ(server.BlobFiles(), 0u);
}

TEST(Submit, AnEmptyFileFieldOfABrowserCountsAsNone) {
  const TestServer server;
  const Reply reply = server.Submit({{"image", "", ""}});
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.message(), HasSubstr("one of image"));
}

TEST(Submit, PixelLimitsAreAnsweredInTheApisWords) {
  const TestServer server;
  const Reply output = server.Submit(
      {{"image", PngOf({8, 6}), "a.png"}, {"output_width", "32000"}, {"output_height", "32000"}});
  EXPECT_EQ(output.status, 413);
  EXPECT_EQ(output.message(), "Output image dimensions exceed maximum allowed of 384 MP.");
  EXPECT_EQ(server.Submit({{"image", PngHeaderOf({6000, 5000}), "a.png"}}).status, 413);
}

TEST(Submit, AStoredSourceIsUsedAgain) {
  const TestServer server;
  const Reply first = server.Submit({{"image", PngOf({8, 6}), "a.png"}});
  const Reply second = server.Submit({{"source_id", first.header("x-source-id")}});
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(second.header("x-source-id"), first.header("x-source-id"));
  EXPECT_NE(second.header("x-process-id"), first.header("x-process-id"));
  EXPECT_EQ(server.BlobFiles(), 1u);
}

TEST(Jobs, NoUuidIs400AndAnUnknownOneIs404) {
  const TestServer server;
  for (const auto& [method, path] :
       {std::pair{"GET", "/image/v1/status/"}, std::pair{"DELETE", "/image/v1/status/"},
        std::pair{"GET", "/image/v1/download/"}, std::pair{"GET", "/image/v1/download/input/"},
        std::pair{"DELETE", "/image/v1/cancel/"}}) {
    EXPECT_EQ(server.Ask(method, path + std::string("abc")).status, 400) << path;
    EXPECT_EQ(server.Ask(method, path + std::string("%2e%2e")).status, 400) << path;
    EXPECT_EQ(server.Ask(method, std::string(path) + kUnknownId).status, 404) << path;
  }
}

TEST(Jobs, AnotherKeysJobIs404) {
  TestServer server;
  const std::string id = server.SubmitPicture();
  server.key_text = Take(server.store.keys->Create("other", 10, 0)).text;
  EXPECT_EQ(server.Ask("GET", "/image/v1/status/" + id).status, 404);
  EXPECT_EQ(server.Ask("DELETE", "/image/v1/cancel/" + id).status, 404);
  EXPECT_EQ(server.Ask("GET", "/image/v1/status").json().size(), 0u);
}

TEST(Jobs, DownloadIs409UntilTheOutputIsThere) {
  TestServer server;
  const std::string id = server.SubmitPicture();
  EXPECT_EQ(server.Ask("GET", "/image/v1/download/" + id).status, 409);
  EXPECT_EQ(server.Ask("DELETE", "/image/v1/status/" + id).status, 409);
  EXPECT_EQ(server.Ask("GET", "/image/v1/download/input/" + id).status, 200);
  server.CompleteOne();
  const Reply reply = server.Ask("GET", "/image/v1/download/" + id);
  ASSERT_EQ(reply.status, 200);
  const std::string origin = "http://127.0.0.1:" + std::to_string(server.port()) + "/files/";
  EXPECT_THAT(reply.json()["download_url"].get<std::string>(), testing::StartsWith(origin));
  EXPECT_THAT(reply.json()["head_url"].get<std::string>(), testing::StartsWith(origin));
  EXPECT_EQ(reply.json()["expiry"], 1'800'000'000 + 3600);
}

TEST(Jobs, CancelAndDeleteAnswer204OnceAndThenNoMore) {
  TestServer server;
  const std::string id = server.SubmitPicture();
  const Reply cancelled = server.Ask("DELETE", "/image/v1/cancel/" + id);
  EXPECT_EQ(cancelled.status, 204);
  EXPECT_EQ(cancelled.header("content-type"), "");
  EXPECT_EQ(cancelled.header("content-length"), "");
  EXPECT_EQ(server.Ask("DELETE", "/image/v1/cancel/" + id).status, 409);
  EXPECT_EQ(server.Ask("GET", "/image/v1/download/" + id).status, 409);
  EXPECT_EQ(server.Ask("GET", "/image/v1/status/" + id).json()["status"], "Cancelled");
  EXPECT_EQ(server.Ask("DELETE", "/image/v1/status/" + id).status, 204);
  EXPECT_EQ(server.Ask("GET", "/image/v1/status/" + id).status, 404);
  EXPECT_EQ(server.BlobFiles(), 0u);
}

TEST(Jobs, DeletingAllTakesTheFinishedAlone) {
  TestServer server;
  server.SubmitPicture();
  const std::string second = server.SubmitPicture();
  server.CompleteOne();
  EXPECT_EQ(server.Ask("DELETE", "/image/v1/status").json()["deleted_count"], 1);
  EXPECT_EQ(server.Ask("DELETE", "/image/v1/status").json()["deleted_count"], 0);
  EXPECT_EQ(server.Ask("GET", "/image/v1/status/" + second).status, 200);
}

TEST(List, PagesGoOnFromTheirCursors) {
  const TestServer server;
  std::vector<std::string> newest_first;
  for (int i = 0; i < 5; ++i) {
    newest_first.insert(newest_first.begin(), server.SubmitPicture());
  }
  std::vector<std::string> seen;
  std::string cursor;
  for (int pages = 0; pages < 3; ++pages) {
    const Reply reply = server.Ask("GET", "/image/v1/status?paginated=TRUE&limit=2" +
                                              (cursor.empty() ? "" : "&cursor=" + cursor));
    ASSERT_EQ(reply.status, 200) << reply.body;
    const Json page = reply.json();
    for (const Json& job : page["data"]) {
      seen.push_back(job["process_id"]);
    }
    const bool is_last = pages == 2;
    EXPECT_EQ(page["pagination"]["has_next_page"], !is_last);
    EXPECT_EQ(page["pagination"].contains("next_cursor"), !is_last);
    cursor = page["pagination"].value("next_cursor", "");
    if (pages == 0) {
      server.SubmitPicture();  // pages do not shift
    }
  }
  EXPECT_EQ(seen, newest_first);
  EXPECT_EQ(server.Ask("GET", "/image/v1/status").json().size(), 6u);
  EXPECT_EQ(server.Ask("GET", "/image/v1/status?limit=4").json().size(), 4u);
}

TEST(List, BadQueriesNameTheParameter) {
  const TestServer server;
  const std::pair<const char*, const char*> queries[] = {{"limit=0", "limit"},
                                                         {"limit=101", "limit"},
                                                         {"limit=", "limit"},
                                                         {"limit=5x", "limit"},
                                                         {"limit=-1", "limit"},
                                                         {"limit=99999999999", "limit"},
                                                         {"paginated=yes", "paginated"},
                                                         {"paginated=", "paginated"},
                                                         {"cursor=junk", "cursor"},
                                                         {"paginated=true&cursor=%00", "cursor"}};
  for (const auto& [query, name] : queries) {
    const Reply reply = server.Ask("GET", std::string("/image/v1/status?") + query);
    EXPECT_EQ(reply.status, 400) << query;
    EXPECT_THAT(reply.message(), HasSubstr(name)) << query;
  }
}

TEST(List, TheArrayHoldsSevenDays) {
  TestServer server;
  server.SubmitPicture();
  server.store.clock.Advance(std::chrono::hours(24 * 7 + 1));
  const std::string young = server.SubmitPicture();
  const Json jobs = server.Ask("GET", "/image/v1/status").json();
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(jobs[0]["process_id"], young);
}

TEST(Estimate, TakesFormsAndJsonAlike) {
  const TestServer server;
  constexpr char kEstimate[] = "/image/v1/estimate-gen";
  const std::string form = FormOf(
      {{"input_width", "1000"}, {"input_height", "500"}, {"output_width", "4000"}, {"image", "x"}});
  const Reply first = server.Ask("POST", kEstimate, kFormType, form);
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.json()["credits"], 2);
  EXPECT_EQ(first.json().size(), 2u);
  for (const auto& [type, body] :
       {std::pair{"application/json",
                  R"({"input_width":1000,"inputHeight":500.0,"output_width":"4000","seed":null})"},
        std::pair{"application/x-www-form-urlencoded",
                  "input_width=1000&input_height=500&output_width=4000"}}) {
    const Reply reply =
        server.Ask("POST", kEstimate, "Content-Type: " + std::string(type) + "\r\n", body);
    EXPECT_EQ(reply.json(), first.json()) << type << reply.body;
  }
}

TEST(Estimate, BadOnesNameTheField) {
  const TestServer server;
  const std::pair<const char*, const char*> bodies[] = {
      {"{}", "input_width"},
      {"[]", "object"},
      {"{", "JSON"},
      {"", "JSON"},
      {R"({"input_width":1.5,"input_height":2})", "input_width"},
      {R"({"input_width":32001,"input_height":2})", "input_width"},
      {R"({"input_width":10,"input_height":2,"creativity":[1]})", "creativity"},
      {R"({"input_width":10,"input_height":2,"crop_to_fill":1})", "crop_to_fill"},
      {R"({"input_width":1e400,"input_height":2})", "JSON"}};
  for (const auto& [body, word] : bodies) {
    const Reply reply =
        server.Ask("POST", "/image/v1/estimate-gen", "Content-Type: application/json\r\n", body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_THAT(reply.message(), HasSubstr(word)) << body;
  }
  EXPECT_EQ(
      server.Ask("POST", "/image/v1/estimate-gen", "Content-Type: text/plain\r\n", "x").status,
      400);
}

TEST(Estimate, BulkGoesItemByItemInOrder) {
  const TestServer server;
  const Reply reply =
      server.Ask("POST", "/image/v1/estimate-bulk", "Content-Type: application/json\r\n",
                 R"([{"input_width":100,"input_height":100}, 7, {"input_width":0,"input_height":1},
          {"input_width":4000,"input_height":4000}, {"input_width":9,"input_height":9,"output_width":32000,"output_height":32000}])");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const Json items = reply.json();
  ASSERT_EQ(items.size(), 5u);
  EXPECT_EQ(items[0]["status"], "success");
  EXPECT_EQ(items[0]["credits"], 1);
  EXPECT_EQ(items[3]["credits"], 4);
  for (const size_t bad : {1, 2}) {
    EXPECT_EQ(items[bad]["status"], "error");
    EXPECT_EQ(items[bad]["code"], 400);
    EXPECT_FALSE(items[bad].contains("credits"));
  }
  EXPECT_THAT(items[2]["message"].get<std::string>(), HasSubstr("input_width"));
  EXPECT_EQ(items[4]["code"], 400);
  EXPECT_THAT(items[4]["message"].get<std::string>(), HasSubstr("384 MP"));
}

TEST(Estimate, BulkIsBounded) {
  const TestServer server;
  const auto ask = [&](const std::string& body) {
    return server.Ask("POST", "/image/v1/estimate-bulk", "Content-Type: application/json\r\n", body)
        .status;
  };
  std::string items = "1";
  for (int i = 1; i < 1000; ++i) {
    items += ",1";
  }
  EXPECT_EQ(ask("[" + items + "]"), 200);
  EXPECT_EQ(ask("[" + items + ",1]"), 400);
  EXPECT_EQ(ask("[]"), 200);
  EXPECT_EQ(ask("{}"), 400);
  EXPECT_EQ(ask(std::string(100, '[')), 400);
  EXPECT_EQ(ask("[" + std::string(5 << 20, ' ') + "]"), 413);
}

TEST(Account, TheBalanceCountsReservedCredits) {
  const TestServer server;
  server.SubmitPicture();
  const Json balance = server.Ask("GET", "/account/v1/credits/balance").json();
  EXPECT_EQ(balance["available_credits"], 99'999);
  EXPECT_EQ(balance["reserved_credits"], 1);
  EXPECT_EQ(balance["total_credits"], 100'000);
}

TEST(Service, PagesAnswerWithoutAKey) {
  const TestServer server;
  const std::pair<const char*, const char*> pages[] = {{"/healthz", "application/json"},
                                                       {"/readyz", "application/json"},
                                                       {"/metrics", "text/plain; version=0.0.4"},
                                                       {"/openapi.json", "application/json"},
                                                       {"/docs", "text/html"},
                                                       {"/docs/docs.css", "text/css"},
                                                       {"/docs/docs.js", "text/javascript"},
                                                       {"/", "text/html"}};
  for (const auto& [path, type] : pages) {
    const Reply reply = server.AskBare("GET", path);
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_THAT(reply.header("content-type"), testing::StartsWith(type)) << path;
    EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
  }
  EXPECT_EQ(server.AskBare("GET", "/docs/nothing").status, 404);
  const std::string policy = server.AskBare("GET", "/docs").header("content-security-policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, testing::Not(HasSubstr("unsafe")));
}

TEST(Service, MetricsCountRequestsByRouteAndCode) {
  const TestServer server;
  server.SubmitPicture();
  server.Ask("GET", "/image/v1/status/abc");
  server.AskBare("GET", "/no/such/path");
  const std::string text = server.AskBare("GET", "/metrics").body;
  EXPECT_THAT(text, HasSubstr("recover_queue_jobs{state=\"pending\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr(R"(code="200",method="POST",route="/image/v1/enhance-gen/async"} 1)"));
  EXPECT_THAT(text,
              HasSubstr(R"(code="400",method="GET",route="/image/v1/status/{process_id}"} 1)"));
  EXPECT_THAT(text, HasSubstr("code=\"404\",method=\"GET\",route=\"(none)\"} 1"));
  EXPECT_THAT(text, HasSubstr("recover_http_request_seconds_bucket"));
  EXPECT_THAT(text, testing::Not(HasSubstr("no/such")));
}

TEST(Service, EachRequestIsOneLineOfTheLogWithoutItsQuery) {
  std::mutex mutex;
  std::vector<std::string> lines;
  SetLogLevel(LogLevel::kInfo);
  SetLogSink([&](std::string_view line) {
    const std::scoped_lock lock(mutex);
    lines.emplace_back(line);
  });
  {
    TestServer server;
    server.Ask("GET", "/image/v1/status?key=rk_secret&limit=1", "X-Request-ID: my-id\r\n");
    server.AskBare("GET", "/a%0Ab\"c?token=rk_secret");
    server.http.reset();
  }
  SetLogSink({});
  SetLogLevel(LogLevel::kOff);
  std::erase_if(lines, [](const auto& line) { return line.find("msg=request ") == line.npos; });
  ASSERT_EQ(lines.size(), 2u);
  for (const char* part : {"id=my-id", "peer=127.0.0.1", "method=GET", "path=/image/v1/status ",
                           "status=200", "key=rk_", "seconds="}) {
    EXPECT_THAT(lines[0], HasSubstr(part));
  }
  for (const std::string& line : lines) {
    EXPECT_THAT(line, testing::Not(HasSubstr("secret")));
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

TEST(Routes, UnknownPathsAndMethodsAreJson) {
  const TestServer server;
  for (const char* path : {"/nothing", "/image/v1", "/image/v1/status/", "//", "/image/v2/status",
                           "/files/", "/image/v1/status/a/b", "/IMAGE/v1/status"}) {
    const Reply reply = server.Ask("GET", path);
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_EQ(reply.json()["code"], 404);
  }
  for (const char* method : {"PUT", "PATCH", "TRACE", "BREW", "get"}) {
    const Reply reply = server.Ask(method, "/image/v1/status");
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.header("allow"), "GET, HEAD, DELETE, OPTIONS");
  }
  EXPECT_EQ(server.Ask("GET", kSubmit).header("allow"), "POST, OPTIONS");
}

TEST(Routes, HeadIsGetWithoutABody) {
  TestServer server;
  const std::string id = server.SubmitPicture();
  for (const std::string& path :
       {std::string("/image/v1/status"), "/image/v1/status/" + id, std::string("/healthz"),
        std::string("/docs"), std::string("/image/v1/status/") + kUnknownId,
        "/image/v1/download/" + id, std::string("/account/v1/credits/balance")}) {
    const Reply get = server.Ask("GET", path);
    const Reply head = server.Ask("HEAD", path);
    EXPECT_EQ(head.status, get.status) << path;
    EXPECT_EQ(head.body, "");
    for (const char* name : {"content-length", "content-type", "cache-control"}) {
      EXPECT_EQ(head.header(name), get.header(name)) << path;
    }
  }
}

TEST(Routes, OptionsNameTheMethods) {
  const TestServer server;
  const Reply reply = server.AskBare("OPTIONS", "/image/v1/status");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.header("allow"), "GET, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(reply.header("access-control-allow-origin"), "");
  EXPECT_EQ(server.AskBare("OPTIONS", "*").status, 204);
  EXPECT_EQ(server.AskBare("OPTIONS", "/nothing").status, 404);
}

TEST(Routes, DrainRefusesSubmitsAndNewConnections) {
  const TestServer server;
  TestClient open(server.port());
  const std::string poll = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  open.Send(poll);
  EXPECT_EQ(open.Read().status, 200);
  server.http->Drain();
  const std::string form = FormOf({{"image", PngOf({8, 6}), "a.png"}});
  open.Send("POST " + std::string(kSubmit) + " HTTP/1.1\r\nHost: localhost\r\n" + server.KeyLine() +
            std::string(kFormType) + "Content-Length: " + std::to_string(form.size()) + "\r\n\r\n" +
            form);
  const Reply reply = open.Read();
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.header("retry-after"), "");
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(open.IsClosed());
}

// openapi.json is written from the same tables; these laws hold what they do not.

TEST(OpenApi, EveryRouteStandsInItAndEveryKnownFieldOfItsBodies) {
  const Json document = OpenApiDocument();
  size_t operations = 0;
  for (const Route& route : Routes()) {
    const std::string method = route.method == "GET"    ? "get"
                               : route.method == "POST" ? "post"
                                                        : "delete";
    const Json& operation = document["paths"][std::string(route.pattern)][method];
    ASSERT_TRUE(operation.is_object()) << route.pattern;
    EXPECT_EQ(operation.contains("requestBody"), route.body != BodyKind::kNone);
    EXPECT_EQ(operation["responses"].contains("401"), route.needs_key) << route.pattern;
    ++operations;
  }
  EXPECT_EQ(operations, 19u);
  const Json& fields = document["components"]["schemas"]["SubmitRequest"]["properties"];
  EXPECT_EQ(fields.size(), SettingTable().size() + 4);
  for (const SettingSpec& setting : SettingTable()) {
    const Json& field = fields[std::string(setting.name)];
    ASSERT_TRUE(field.contains("type")) << setting.name;
    EXPECT_EQ(field.contains("default"), !setting.default_value.empty()) << setting.name;
  }
  EXPECT_EQ(fields["seed"]["maximum"].get<int64_t>(), INT64_MAX);
}

TEST(OpenApi, AStatusHasNoFieldThatItDoesNotDescribe) {
  TestServer server;
  server.SubmitPicture({{"face_enhancement", "true"},
                        {"face_enhancement_strength", "0.5"},
                        {"face_enhancement_creativity", "0.5"}});
  Claim claim = server.store.ClaimOne();
  Take(server.store.queue->Fail(claim, "The picture is broken."));
  const Json jobs = server.Ask("GET", "/image/v1/status").json();
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(jobs[0]["status"], "Failed");
  EXPECT_EQ(jobs[0]["message"], "The picture is broken.");
  const Json schema = OpenApiDocument()["components"]["schemas"]["StatusResponse"];
  EXPECT_EQ(jobs[0].size(), schema["properties"].size());
  for (const auto& [name, value] : jobs[0].items()) {
    EXPECT_TRUE(schema["properties"].contains(name)) << name;
    EXPECT_FALSE(value.is_null()) << name;
  }
}

TEST(OpenApi, ReferencesResolveAndOperationsAreNamedOnce) {
  const Json document = OpenApiDocument();
  std::set<std::string> names;
  const std::function<void(const Json&)> walk = [&](const Json& node) {
    if (node.is_object() && node.contains("$ref")) {
      const auto pointer = node["$ref"].get<std::string>().substr(1);
      EXPECT_TRUE(document.contains(Json::json_pointer(pointer))) << pointer;
    }
    if (node.is_object() && node.contains("operationId")) {
      EXPECT_TRUE(names.insert(node["operationId"].get<std::string>()).second);
    }
    if (node.is_structured()) {
      for (const Json& child : node) {
        walk(child);
      }
    }
  };
  walk(document);
  EXPECT_GT(names.size(), 40u);
}

}  // namespace
}  // namespace recover

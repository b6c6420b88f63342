// Requests as nobody should send them, over a real socket.
#include <fstream>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "http/connection_table.h"
#include "http/request_head.h"
#include "http/test_server.h"

namespace recover {
namespace {

using testing::HasSubstr;

constexpr char kSubmit[] = "/image/v1/enhance-gen/async";

// An answer to exactly these bytes.
Reply Exchange(const TestServer& server, std::string_view bytes) {
  TestClient client(server.port());
  client.TrySend(bytes);
  return client.Read();
}

int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t pages = 0;
  file >> pages >> pages;
  return pages * 4096;
}

TEST(MalformedRequests, AreAnsweredInJson) {
  const TestServer server;
  const std::string host = "Host: localhost\r\n";
  const std::pair<std::string, int> requests[] = {
      {"NONSENSE\r\n\r\n", 400},
      {"GET /healthz\r\n\r\n", 400},
      {"GET  /healthz HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET /healthz HTTP/1.1 \r\n" + host + "\r\n", 400},
      {"GET /healthz http/1.1\r\n" + host + "\r\n", 400},
      {"GET /healthz HTTP/2.0\r\n" + host + "\r\n", 400},
      {"GET /healthz HTTP/0.9\r\n" + host + "\r\n", 400},
      {"GET /healthz HTTP/1.1\n" + host + "\n", 400},
      {"GET /healthz HTTP/1.1\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\n" + host + host + "\r\n", 400},
      {"GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\nHost: \r\n\r\n", 200},
      {"GET /healthz HTTP/1.1\r\n" + host + " folded\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\n" + host + "no colon\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\n" + host + "Name : x\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\n" + host +
           "X: a\x01"
           "b\r\n\r\n",
       400},
      {std::string("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", 56), 400},
      {"GE\x01T / HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET healthz HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET /healthz?a=%zz HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET /\x80\xFF HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET http://localhost/healthz HTTP/1.1\r\n" + host + "\r\n", 200},
      {"\r\nGET /healthz HTTP/1.1\r\n" + host + "\r\n", 200},
      {"GET /healthz HTTP/1.0\r\n\r\n", 200},
      {"POST " + std::string(kSubmit) + " HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", 400},
      {"POST " + std::string(kSubmit) + " HTTP/1.1\r\n" + host + "Content-Length: 1x\r\n\r\n", 400},
      {"POST " + std::string(kSubmit) + " HTTP/1.1\r\n" + host +
           "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
       400},
      {"POST " + std::string(kSubmit) + " HTTP/1.1\r\n" + host +
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST " + std::string(kSubmit) + " HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n",
       400},
      {"POST " + std::string(kSubmit) + " HTTP/1.1\r\n" + host +
           "Content-Length: 99999999999999999999\r\n\r\n",
       413},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414},
      {"GET /healthz HTTP/1.1\r\n" + host + "X: " + std::string(40'000, 'a') + "\r\n\r\n", 431},
      {std::string(60'000, 'A'), 431},
      {std::string(12'000, 'A'), 414},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\r\n\r\n", 400}};
  for (const auto& [request, status] : requests) {
    const Reply reply = Exchange(server, request);
    EXPECT_EQ(reply.status, status) << request.substr(0, 200);
    EXPECT_EQ(reply.header("content-type"), "application/json") << request.substr(0, 200);
    if (reply.status >= 400) {
      EXPECT_EQ(reply.json()["code"], status);
      EXPECT_GT(reply.message().size(), 5u);
    }
  }
}

TEST(MalformedRequests, ManyHeadersAre431) {
  const TestServer server;
  std::string headers;
  for (int i = 0; i < 200; ++i) {
    headers += "X-" + std::to_string(i) + ": 1\r\n";
  }
  EXPECT_EQ(server.AskBare("GET", "/healthz", headers).status, 431);
}

TEST(MalformedRequests, AHeadJustBelowTheLimitIsServedAndALaterOneAboveItIs431) {
  const TestServer server;
  TestClient client(server.port());
  const auto head = [](size_t bytes) {
    std::string lines = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";
    for (int i = 0; i < 80; ++i) {
      lines += "X-Filler: " + std::string(bytes / 80 - 12, 'a') + "\r\n";
    }
    return lines + "\r\n";
  };
  for (int i = 0; i < 3; ++i) {
    client.Send(head(16'000));
    EXPECT_EQ(client.Read().status, 200);
  }
  client.Send(head(20'000));
  const Reply reply = client.Read();
  EXPECT_EQ(reply.status, 431);
  EXPECT_EQ(reply.json()["code"], 431);
}

TEST(MalformedRequests, ALaterOneOnTheSameConnectionIsRefusedToo) {
  const TestServer server;
  TestClient client(server.port());
  client.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.Read().status, 200);
  client.Send("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  const Reply reply = client.Read();
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.json()["code"], 400);
  EXPECT_TRUE(client.IsClosed());
}

TEST(RequestHead, EveryCutOfAGoodOneIsIncomplete) {
  const std::string head =
      "POST /a?b=c HTTP/1.1\r\nHost: localhost:80\r\nContent-Length: 10\r\nX-Y: z\r\n\r\n";
  for (size_t length = 0; length < head.size(); ++length) {
    EXPECT_EQ(CheckRequestHead(head.substr(0, length)).kind, HeadCheck::Kind::kIncomplete)
        << length;
  }
  EXPECT_EQ(CheckRequestHead(head).kind, HeadCheck::Kind::kGood);
  EXPECT_EQ(CheckRequestHead(head + "body\n").kind, HeadCheck::Kind::kGood);
}

TEST(KeepAlive, ServesManyRequestsAndPipelines) {
  const TestServer server;
  TestClient client(server.port());
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (int i = 0; i < 20; ++i) {
    client.Send(request);
    EXPECT_EQ(client.Read().status, 200);
  }
  client.Send(request + request + request);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.Read().status, 200);
  }
}

TEST(KeepAlive, AnErrorWithASmallBodyKeepsTheConnection) {
  const TestServer server;
  TestClient client(server.port());
  for (const int status : {404, 404}) {
    client.Send("POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(client.Read().status, status);
  }
}

TEST(Oversize, AContentLengthAboveTheLimitIs413AtOnce) {
  ServerOptions options;
  options.max_body_bytes = 1'000'000;
  const TestServer server(options);
  TestClient client(server.port());
  client.Send("POST " + std::string(kSubmit) + " HTTP/1.1\r\nHost: localhost\r\n" +
              server.KeyLine() + std::string(kFormType) + "Content-Length: 1000001\r\n\r\n");
  const Reply reply = client.Read();
  EXPECT_EQ(reply.status, 413);
  EXPECT_THAT(reply.message(), HasSubstr("1000000"));
  // The client may go on sending for a while: its answer is not lost to a reset.
  EXPECT_TRUE(client.TrySend(std::string(500'000, 'x')));
}

TEST(Oversize, AChunkedBodyAboveTheLimitIs413) {
  ServerOptions options;
  options.max_body_bytes = 1'000'000;
  const TestServer server(options);
  TestClient client(server.port());
  client.Send("POST " + std::string(kSubmit) + " HTTP/1.1\r\nHost: localhost\r\n" +
              server.KeyLine() + std::string(kFormType) + "Transfer-Encoding: chunked\r\n\r\n");
  const std::string part = "--XX\r\nContent-Disposition: form-data; name=image\r\n\r\n";
  ASSERT_EQ(part.size(), 0x34u);
  client.Send("34\r\n" + part + "\r\n");
  const std::string chunk = "8000\r\n" + std::string(0x8000, 'x') + "\r\n";
  int sent = 0;
  while (sent < 200 && client.TrySend(chunk)) {
    ++sent;
  }
  const Reply reply = client.Read();
  EXPECT_EQ(reply.status, 413) << sent;
  EXPECT_EQ(reply.json()["code"], 413);
  EXPECT_EQ(server.BlobFiles(), 0u);
}

TEST(Oversize, ABodyWhereNoneIsReadIsThrownAwayOrRefused) {
  const TestServer server;
  EXPECT_EQ(server
                .Ask("GET", "/image/v1/status",
                     "Content-Type: application/json\r\nContent-Length: 2\r\n", "{}")
                .status,
            400);
  EXPECT_EQ(
      server.Ask("DELETE", "/image/v1/status", "Content-Type: application/json\r\n", "{}").status,
      200);
  TestClient client(server.port());
  client.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n");
  EXPECT_EQ(client.Read().status, 413);
}

TEST(Oversize, LargeUploadsLeaveMemoryFlat) {
  const TestServer server;
  const int64_t before = ResidentBytes();
  constexpr int kMegabytes = 120;
  TestClient client(server.port());
  const std::string start =
      "--XX\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\n";
  const std::string end = "\r\n--XX--\r\n";
  const std::string piece(1 << 20, '\xAB');
  client.Send("POST " + std::string(kSubmit) + " HTTP/1.1\r\nHost: localhost\r\n" +
              server.KeyLine() + std::string(kFormType) + "Content-Length: " +
              std::to_string(start.size() + end.size() + kMegabytes * piece.size()) + "\r\n\r\n" +
              start);
  for (int i = 0; i < kMegabytes; ++i) {
    client.Send(piece);
  }
  EXPECT_LT(ResidentBytes() - before, 30 << 20);
  client.Send(end);
  EXPECT_EQ(client.Read().status, 415);  // streamed whole, and no picture
  EXPECT_EQ(server.BlobFiles(), 0u);
}

TEST(Forms, TooManyPartsAndTooLongFieldsAre400) {
  const TestServer server;
  std::vector<Part> parts(201, Part{"other", "x"});
  EXPECT_THAT(server.Submit(parts).message(), HasSubstr("too many parts"));
  parts.resize(199);
  parts.push_back({"image", PngOf({8, 6}), "a"});
  EXPECT_EQ(server.Submit(parts).status, 200);
  EXPECT_THAT(server.Submit({{"prompt", std::string(70'000, 'x')}}).message(),
              HasSubstr("prompt is too long"));
  EXPECT_EQ(
      server.Submit({{"other", std::string(3'000'000, 'x')}, {"image", PngOf({8, 6}), "a"}}).status,
      200);
}

TEST(Forms, CutShortOrMalformedIs400) {
  const TestServer server;
  const std::string form = FormOf({{"image", PngOf({8, 6}), "a.png"}, {"creativity", "3"}});
  for (size_t cut = 1; cut < form.size(); cut += 17) {
    const Reply reply =
        server.Ask("POST", kSubmit, kFormType, form.substr(0, form.size() - 4 - cut));
    EXPECT_EQ(reply.status, 400) << cut;
  }
  for (const char* type : {"multipart/form-data", "multipart/form-data; boundary=",
                           "multipart/form-data; boundary=\"\""}) {
    EXPECT_EQ(
        server.Ask("POST", kSubmit, "Content-Type: " + std::string(type) + "\r\n", form).status,
        400);
  }
  EXPECT_EQ(server.BlobFiles(), 0u);
}

TEST(Forms, UploadsAtOnceDoNotMix) {
  const TestServer server;
  std::vector<std::thread> clients;
  std::mutex mutex;
  std::vector<std::string> ids;
  for (int i = 0; i < 12; ++i) {
    clients.emplace_back([&, i] {
      const Reply reply = server.Submit({{"image", PngOf({8 + i, 6}), "a.png"}});
      const std::scoped_lock lock(mutex);
      ids.push_back(reply.status == 200 ? std::to_string(8 + i) + " " + reply.header("x-process-id")
                                        : reply.body);
    });
  }
  for (std::thread& client : clients) {
    client.join();
  }
  for (const std::string& entry : ids) {
    const size_t blank = entry.find(' ');
    const Json job = server.Ask("GET", "/image/v1/status/" + entry.substr(blank + 1)).json();
    EXPECT_EQ(std::to_string(job.value("input_width", 0)), entry.substr(0, blank)) << entry;
  }
}

TEST(SlowClients, AHeadThatDoesNotEndIs408) {
  ServerOptions options;
  options.head_timeout = std::chrono::milliseconds(300);
  options.idle_timeout = std::chrono::milliseconds(300);
  const TestServer server(options);
  TestClient client(server.port());
  client.Send("GET /healthz HTTP/1.1\r\nHost:");
  EXPECT_EQ(client.Read().status, 408);
  TestClient silent(server.port());
  EXPECT_TRUE(silent.IsClosed());
}

TEST(SlowClients, ABodyThatStallsOrDripsIs408AndLeavesNothing) {
  ServerOptions options;
  options.idle_timeout = std::chrono::milliseconds(400);
  options.upload_timeout = std::chrono::milliseconds(1200);
  const TestServer server(options);
  const std::string start = "POST " + std::string(kSubmit) + " HTTP/1.1\r\nHost: localhost\r\n" +
                            server.KeyLine() + std::string(kFormType) +
                            "Content-Length: 100000\r\n\r\n--XX\r\nContent-Disposition: form-data; "
                            "name=\"image\"\r\n\r\n";
  TestClient stalling(server.port());
  stalling.Send(start + std::string(1000, 'x'));
  EXPECT_EQ(stalling.Read().status, 408);
  EXPECT_TRUE(stalling.IsClosed());
  // Always a little something, never the end.
  TestClient dripping(server.port());
  dripping.Send(start);
  std::atomic<bool> is_over = false;
  std::thread drip([&] {
    while (!is_over && dripping.TrySend("x")) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the drip itself
    }
  });
  EXPECT_EQ(dripping.Read().status, 408);
  is_over = true;
  drip.join();
  EXPECT_TRUE(dripping.IsClosed());
  EXPECT_EQ(server.Ask("GET", "/healthz").status, 200);
  EXPECT_EQ(server.BlobFiles(), 0u);
}

TEST(SlowClients, IdleConnectionsAreClosed) {
  ServerOptions options;
  options.idle_timeout = std::chrono::milliseconds(200);
  options.head_timeout = std::chrono::milliseconds(200);
  const TestServer server(options);
  TestClient client(server.port());
  client.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_TRUE(client.IsClosed());
}

TEST(Connections, BeyondTheMostAreAnswered503) {
  ServerOptions options;
  options.max_connections = 3;
  const TestServer server(options);
  std::vector<TestClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(server.port());
    clients.back().Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(clients.back().Read().status, 200);
  }
  TestClient late(server.port());
  EXPECT_EQ(late.Read().status, 503);
  clients.clear();
  int status = 0;
  for (int i = 0; i < 200 && status != 200; ++i) {
    status = server.AskBare("GET", "/healthz").status;
  }
  EXPECT_EQ(status, 200);
}

TEST(ConnectionTable, CapsEachAddressButTheExempt) {
  ConnectionTable table({.max_connections = 6, .max_per_address = 2});
  using Verdict = ConnectionTable::Verdict;
  const IpAddress one = Take(ParseIpAddress("203.0.113.1"));
  const IpAddress two = Take(ParseIpAddress("2001:db8::2"));
  EXPECT_EQ(table.Admit(one, false), Verdict::kWelcome);
  EXPECT_EQ(table.Admit(one, false), Verdict::kWelcome);
  EXPECT_EQ(table.Admit(one, false), Verdict::kTooManyOfAddress);
  EXPECT_EQ(table.Admit(one, true), Verdict::kWelcome);
  EXPECT_EQ(table.Admit(two, false), Verdict::kWelcome);
  table.Leave(one);
  table.Leave(one);
  EXPECT_EQ(table.Admit(one, false), Verdict::kWelcome);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(table.Admit(two, true), Verdict::kWelcome);
  }
  EXPECT_EQ(table.Admit(two, true), Verdict::kTooMany);
  EXPECT_EQ(table.size(), 6);
}

TEST(Connections, ADroppedUploadLeavesNothing) {
  const TestServer server;
  {
    TestClient client(server.port());
    client.Send("POST " + std::string(kSubmit) + " HTTP/1.1\r\nHost: localhost\r\n" +
                server.KeyLine() + std::string(kFormType) +
                "Content-Length: 100000\r\n\r\n--XX\r\nContent-Disposition: "
                "form-data; name=\"image\"\r\n\r\nabc");
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::string text;
  do {
    text = server.AskBare("GET", "/metrics").body;
  } while (text.find("code=\"499\"") == std::string::npos &&
           std::chrono::steady_clock::now() < deadline);
  EXPECT_THAT(text, HasSubstr("code=\"499\""));
  EXPECT_EQ(server.BlobFiles(), 0u);
}

TEST(Connections, StoppingWhileRequestsRunIsSafe) {
  for (int round = 0; round < 10; ++round) {
    auto server = std::make_unique<TestServer>();
    std::vector<std::unique_ptr<TestClient>> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(std::make_unique<TestClient>(server->port()));
      clients.back()->Send("GET /image/v1/status HTTP/1.1\r\nHost: localhost\r\n" +
                           server->KeyLine() + "\r\n");
    }
    server->http.reset();
    for (const auto& client : clients) {
      const int status = client->Read().status;
      EXPECT_TRUE(status == 200 || status == 503 || status == 0) << status;
    }
  }
}

// Whatever bytes come: an answer in JSON below 500 or a closed connection, and flat memory.
TEST(RandomRequests, TenThousandBadOnesLeaveTheServerWell) {
  const TestServer server;
  std::mt19937 random(20'260'101);
  const auto below = [&](size_t n) { return random() % n; };
  const std::string seeds[] = {
      "POST " + std::string(kSubmit) + " HTTP/1.1\r\nHost: localhost\r\n" + server.KeyLine() +
          std::string(kFormType) + "Content-Length: 120\r\n\r\n" +
          FormOf({{"image", "xxxxxxxx", "a"}, {"creativity", "3"}}),
      "GET /image/v1/status?limit=5&cursor=abc&paginated=true HTTP/1.1\r\nHost: localhost\r\n" +
          server.KeyLine() + "\r\n",
      "POST /image/v1/estimate-gen HTTP/1.1\r\nHost: localhost\r\n" + server.KeyLine() +
          "Content-Type: application/json\r\nContent-Length: "
          "36\r\n\r\n{\"input_width\":1,\"input_height\":2 }",
      "GET /files/00000000-0000-4000-8000-000000000000?exp=1&sig=2 HTTP/1.1\r\nHost: "
      "localhost\r\nRange: bytes=0-1\r\n\r\n"};
  int64_t early = 0;
  int answered = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string request = seeds[below(std::size(seeds))];
    for (size_t changes = 1 + below(6); changes > 0; --changes) {
      const size_t at = below(request.size());
      switch (below(4)) {
        case 0:
          request[at] = static_cast<char>(below(256));
          break;
        case 1:
          request.erase(at, 1 + below(8));
          break;
        case 2:
          request.insert(at, 1 + below(20), static_cast<char>(below(256)));
          break;
        default:
          request.resize(std::max<size_t>(at, 1));
          break;
      }
      request += request.empty() ? "x" : "";
    }
    TestClient client(server.port());
    client.TrySend(request);
    client.ShutWriting();
    const Reply reply = client.Read();
    EXPECT_LT(reply.status, 500) << request;
    if (reply.status >= 400 && reply.header("content-type") == "application/json") {
      EXPECT_EQ(reply.json()["code"], reply.status);
    }
    answered += reply.status != 0 ? 1 : 0;
    if (i == 2000) {
      early = ResidentBytes();
    }
  }
  EXPECT_GT(answered, 5000);
  EXPECT_LT(ResidentBytes() - early, 16 << 20);
  EXPECT_EQ(server.Ask("GET", "/account/v1/credits/balance").status, 200);
}

}  // namespace
}  // namespace recover

#include "jobs/webhook_sender.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/soci.h>

#include "base/hmac.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/test_folder.h"
#include "jobs/job_outbox.h"
#include "jobs/job_totals.h"
#include "jobs/key_store.h"
#include "jobs/signed_url.h"
#include "jobs/webhook_plan.h"
#include "net/loopback_server.h"

namespace recover {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

constexpr char kUrlSecret[] = "the store's secret";
constexpr char kOrigin[] = "http://photos.example:8080";

UnixTime Now() { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }

// Passes on to a store; its writes fail while they are told to.
class FragileDatabase final : public Database {
 public:
  explicit FragileDatabase(std::shared_ptr<Database> target) : target_(std::move(target)) {}
  Status Write(const std::function<Status(soci::session&)>& work) override {
    if (failing) {
      ++failed;
      return {StatusCode::kOutOfSpace, "the disk is full"};
    }
    return target_->Write(work);
  }
  Status Read(const std::function<Status(soci::session&)>& work) const override {
    return target_->Read(work);
  }
  Result<int64_t> Version() const override { return target_->Version(); }
  const Clock& clock() const override { return target_->clock(); }

  std::atomic<bool> failing = false;
  std::atomic<int> failed = 0;

 private:
  std::shared_ptr<Database> target_;
};

class WebhookSenderTest : public testing::Test {
 protected:
  void SetUp() override {
    auto database = Database::Open(folder_ / "recover.db");
    ASSERT_TRUE(database) << database.error().message();
    database_ = std::make_shared<FragileDatabase>(*database);
    key_ = NewKey("first");
  }

  KeyRecord NewKey(const std::string& name) {
    const auto key = KeyStore(database_).Create(name, 1000, 0);
    EXPECT_TRUE(key) << key.error().message();
    return key->record;
  }

  JobRecord NewJob(const std::string& url) const {
    JobRecord job;
    job.process_id = NewUuid();
    job.key_id = key_.key_id;
    job.source_id = NewUuid();
    job.webhook_url = url;
    job.origin = kOrigin;
    job.creation_time = Now();
    job.modification_time = job.creation_time;
    return job;
  }

  // One notification for each state.
  void Notify(JobRecord job, std::initializer_list<JobState> states) {
    for (const JobState state : states) {
      job.state = state;
      job.progress = state == JobState::kCompleted ? 100 : 0;
      job.output_id = state == JobState::kCompleted ? NewUuid() : "";
      job.modification_time += seconds(1);
      Write([&](soci::session& sql) { AddToOutbox(sql, job, Now()); });
    }
  }

  void Write(const std::function<void(soci::session&)>& work) {
    const Status status = database_->Write([&](soci::session& sql) {
      work(sql);
      return Status::Ok();
    });
    EXPECT_TRUE(status.ok()) << status.message();
  }

  int Ask(const std::string& question) const {
    int answer = -1;
    const Status status = database_->Read([&](soci::session& sql) {
      sql << question, soci::into(answer);
      return Status::Ok();
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return answer;
  }
  int Pending() const { return Ask("SELECT COUNT(*) FROM outbox"); }
  int Total(const char* name) const {
    return Ask("SELECT CAST(COALESCE(SUM(value), 0) AS INTEGER) FROM totals WHERE name = '" +
               std::string(name) + "'");
  }
  int Delivered() const { return Total(kWebhooksDeliveredTotal); }
  int Dropped() const { return Total(kWebhooksDroppedTotal); }

  WebhookSender::Options Options() const {
    WebhookSender::Options options;
    options.database = database_;
    options.guard = AddressGuard({*ParseIpNetwork("127.0.0.0/8")});
    options.url_secret = kUrlSecret;
    options.first_wait = milliseconds(2);
    options.poll = milliseconds(5);
    return options;
  }
  static std::unique_ptr<WebhookSender> Start(WebhookSender::Options options) {
    auto sender = WebhookSender::Start(std::move(options));
    EXPECT_TRUE(sender) << sender.error().message();
    return *std::move(sender);
  }
  std::unique_ptr<WebhookSender> Start() const { return Start(Options()); }

  static bool Eventually(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + seconds(20);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) {
        return false;
      }
      std::this_thread::sleep_for(milliseconds(2));
    }
    return true;
  }

  TestFolder folder_;
  std::shared_ptr<FragileDatabase> database_;
  KeyRecord key_;
};

Json BodyOf(const LoopbackRequest& request) {
  auto body = ParseJson(request.body, "webhook");
  EXPECT_TRUE(body) << request.body;
  return body ? *body : Json();
}

std::vector<std::string> ValuesOf(const LoopbackServer& server, const char* name) {
  std::vector<std::string> values;
  for (const LoopbackRequest& request : server.requests()) {
    values.push_back(BodyOf(request)[name].get<std::string>());
  }
  return values;
}

LoopbackServer::Handler Always(int status) {
  return [status](const LoopbackRequest&, LoopbackConnection& connection) {
    connection.Send(HttpAnswer(status, ""));
  };
}

// Answers with each status in turn, then with 200.
LoopbackServer::Handler InTurn(std::vector<int> statuses) {
  auto next = std::make_shared<std::atomic<size_t>>(0);
  return [statuses, next](const LoopbackRequest&, LoopbackConnection& connection) {
    const size_t turn = (*next)++;
    connection.Send(HttpAnswer(turn < statuses.size() ? statuses[turn] : 200, ""));
  };
}

void Hang(const LoopbackRequest& /*request*/, LoopbackConnection& connection) {
  connection.Linger(seconds(60));
}

void ExpectSigned(const Json& body, const char* name, const char* method) {
  const std::string url = body[name].get<std::string>();
  const std::string stem = std::string(kOrigin) + "/files/";
  ASSERT_EQ(url.substr(0, stem.size()), stem);
  const std::string id = url.substr(stem.size(), 36);
  const std::string exp =
      url.substr(url.find("exp=") + 4, url.find("&sig=") - url.find("exp=") - 4);
  const std::string sig = url.substr(url.find("&sig=") + 5);
  EXPECT_TRUE(CheckFileSignature(kUrlSecret, method, id, exp, sig, Now()).ok()) << url;
  EXPECT_NEAR(std::stod(exp), static_cast<double>(Now().time_since_epoch().count()) + 3600, 30);
}

TEST_F(WebhookSenderTest, SendsWhatTheApiPromises) {
  const LoopbackServer receiver(Always(200));
  const JobRecord job = NewJob(receiver.Url("/hook"));
  Notify(job, {JobState::kProcessing, JobState::kCompleted});
  const auto sender = Start();
  ASSERT_TRUE(receiver.WaitForRequests(2));
  const Json processing = BodyOf(receiver.requests()[0]);
  EXPECT_EQ(processing["notification_id"].get<std::string>().size(), 26U);
  EXPECT_EQ(processing["process_id"], job.process_id);
  EXPECT_EQ(processing["status"], "Processing");
  EXPECT_EQ(processing["progress"], 0);
  EXPECT_EQ(processing["creation_time"], job.creation_time.time_since_epoch().count());
  EXPECT_EQ(processing["modification_time"], job.creation_time.time_since_epoch().count() + 1);
  EXPECT_NE(processing["input_download_url"].get<std::string>().find(job.source_id),
            std::string::npos);
  ExpectSigned(processing, "input_download_url", "GET");
  ExpectSigned(processing, "input_head_url", "HEAD");
  EXPECT_EQ(processing.size(), 8U);  // Nothing else, and nothing null.
  const Json completed = BodyOf(receiver.requests()[1]);
  EXPECT_EQ(completed["status"], "Completed");
  EXPECT_EQ(completed["progress"], 100);
  ExpectSigned(completed, "download_url", "GET");
  ExpectSigned(completed, "head_url", "HEAD");
  EXPECT_EQ(completed.size(), 10U);
  EXPECT_TRUE(Eventually([&] { return Delivered() == 2; }));
  EXPECT_EQ(Pending(), 0);
}

TEST_F(WebhookSenderTest, SignsTheBodyWithTheKeysSecret) {
  const LoopbackServer receiver(Always(200));
  Notify(NewJob(receiver.Url("/hook")), {JobState::kFailed});
  const auto sender = Start();
  ASSERT_TRUE(receiver.WaitForRequests(1));
  const LoopbackRequest request = receiver.requests()[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
  const std::string signature = request.headers.at("x-recover-signature");
  const size_t comma = signature.find(",v1=");
  ASSERT_EQ(signature.substr(0, 2), "t=");
  ASSERT_NE(comma, std::string::npos);
  const std::string seconds_text = signature.substr(2, comma - 2);
  EXPECT_NEAR(std::stod(seconds_text), static_cast<double>(Now().time_since_epoch().count()), 30);
  EXPECT_EQ(signature.substr(comma + 4),
            HmacSha256Hex(key_.webhook_secret, seconds_text + "." + request.body));
}

TEST_F(WebhookSenderTest, OpensItsUrlsWithThePublicUrl) {
  const LoopbackServer receiver(Always(200));
  Notify(NewJob(receiver.Url()), {JobState::kPending});
  auto options = Options();
  options.public_url = "https://recover.example";
  const auto sender = Start(options);
  ASSERT_TRUE(receiver.WaitForRequests(1));
  const std::string url = BodyOf(receiver.requests()[0])["input_download_url"].get<std::string>();
  EXPECT_EQ(url.find("https://recover.example/files/"), 0U) << url;
}

TEST_F(WebhookSenderTest, TriesAgainAfterFaultsOfTheReceiver) {
  const LoopbackServer receiver(InTurn({500, 503, 502, 599}));
  Notify(NewJob(receiver.Url()), {JobState::kPending});
  const auto sender = Start();
  EXPECT_TRUE(Eventually([&] { return Delivered() == 1; }));
  const auto ids = ValuesOf(receiver, "notification_id");
  ASSERT_EQ(ids.size(), 5U);
  EXPECT_THAT(ids, testing::Each(ids[0]));
  EXPECT_EQ(Pending(), 0);
  EXPECT_EQ(Dropped(), 0);
}

TEST_F(WebhookSenderTest, KeepsItsPausesBetweenTries) {
  const LoopbackServer receiver(InTurn({500, 500}));
  Notify(NewJob(receiver.Url()), {JobState::kPending});
  auto options = Options();
  options.first_wait = milliseconds(100);
  const auto start = std::chrono::steady_clock::now();
  const auto sender = Start(options);
  EXPECT_TRUE(Eventually([&] { return Delivered() == 1; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(300));
}

TEST_F(WebhookSenderTest, DropsWhatTheReceiverRefuses) {
  const LoopbackServer elsewhere(Always(200));
  const LoopbackServer receiver(
      [&](const LoopbackRequest& request, LoopbackConnection& connection) {
        connection.Send(HttpAnswer(std::stoi(request.target.substr(1)), "",
                                   "Location: " + elsewhere.Url() + "\r\n"));
      });
  for (const char* status : {"/400", "/404", "/410", "/302", "/308"}) {
    Notify(NewJob(receiver.Url(status)), {JobState::kPending});
  }
  const auto sender = Start();
  EXPECT_TRUE(Eventually([&] { return Dropped() == 5; }));
  EXPECT_EQ(receiver.requests().size(), 5U);
  EXPECT_EQ(Delivered(), 0);
  EXPECT_EQ(Pending(), 0);
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST_F(WebhookSenderTest, WaitsForAReceiverThatIsDown) {
  int port = 0;
  {
    const LoopbackServer earlier(Always(200));
    port = earlier.port();
  }
  Notify(NewJob("http://127.0.0.1:" + std::to_string(port) + "/hook"), {JobState::kPending});
  const auto sender = Start();
  EXPECT_TRUE(Eventually([&] { return Ask("SELECT MAX(tries) FROM outbox") >= 2; }));
  const LoopbackServer receiver(Always(200), "127.0.0.1", port);
  EXPECT_TRUE(receiver.WaitForRequests(1));
  EXPECT_TRUE(Eventually([&] { return Delivered() == 1; }));
}

TEST_F(WebhookSenderTest, KeepsTheOrderOfAJobOverFaults) {
  const LoopbackServer receiver(InTurn({500, 500, 200, 500, 404, 500}));
  const JobRecord job = NewJob(receiver.Url());
  Notify(job, {JobState::kPending, JobState::kProcessing, JobState::kPending});
  const auto sender = Start();
  Notify(job, {JobState::kProcessing, JobState::kCompleted});
  EXPECT_TRUE(Eventually([&] { return Pending() == 0; }));
  EXPECT_THAT(ValuesOf(receiver, "status"),
              ElementsAre("Pending", "Pending", "Pending", "Processing", "Processing", "Pending",
                          "Pending", "Processing", "Completed"));
}

TEST_F(WebhookSenderTest, AHangingReceiverHoldsUpNoOtherJob) {
  const LoopbackServer hanging(Hang);
  const LoopbackServer receiver(Always(200));
  Notify(NewJob(hanging.Url()), {JobState::kPending});
  const auto sender = Start();
  ASSERT_TRUE(hanging.WaitForRequests(1));
  for (int job = 0; job < 20; ++job) {
    Notify(NewJob(receiver.Url()), {JobState::kPending});
  }
  EXPECT_TRUE(Eventually([&] { return Delivered() == 20; }));
  EXPECT_EQ(Pending(), 1);
}

TEST_F(WebhookSenderTest, AKeyOfHangingReceiversHoldsUpNoOtherKey) {
  const LoopbackServer hanging(Hang);
  const LoopbackServer receiver(Always(200));
  for (int job = 0; job < 10; ++job) {
    Notify(NewJob(hanging.Url()), {JobState::kPending});
  }
  auto options = Options();
  options.parallel = 4;
  const auto sender = Start(options);
  ASSERT_TRUE(hanging.WaitForRequests(2));  // As many as one key may have.
  key_ = NewKey("second");
  Notify(NewJob(receiver.Url()), {JobState::kPending, JobState::kCompleted});
  EXPECT_TRUE(Eventually([&] { return Delivered() == 2; }));
  EXPECT_EQ(hanging.connections(), 2);
}

TEST_F(WebhookSenderTest, AWakeIsEnough) {
  const LoopbackServer receiver(Always(200));
  auto options = Options();
  options.poll = std::chrono::hours(1);
  const auto sender = Start(options);
  for (size_t job = 1; job <= 3; ++job) {
    Notify(NewJob(receiver.Url()), {JobState::kPending});
    sender->Wake();
    ASSERT_TRUE(receiver.WaitForRequests(job));
  }
}

TEST_F(WebhookSenderTest, RowsOfOtherProcessesAreSeenWithoutAWake) {
  const LoopbackServer receiver(Always(200));
  const auto sender = Start();
  Notify(NewJob(receiver.Url()), {JobState::kPending});
  EXPECT_TRUE(receiver.WaitForRequests(1));
}

TEST_F(WebhookSenderTest, GoesOnAfterARestart) {
  std::string first_id;
  const JobRecord job = [&] {
    const LoopbackServer receiver(Always(500));
    JobRecord made = NewJob(receiver.Url());
    Notify(made, {JobState::kPending, JobState::kCompleted});
    const auto sender = Start();
    EXPECT_TRUE(receiver.WaitForRequests(2));
    first_id = ValuesOf(receiver, "notification_id").at(0);
    return made;
  }();
  EXPECT_EQ(Pending(), 2);
  EXPECT_GE(Ask("SELECT MAX(tries) FROM outbox"), 1);
  const int port = std::stoi(job.webhook_url.substr(job.webhook_url.rfind(':') + 1));
  const LoopbackServer receiver(Always(200), "127.0.0.1", port);
  const auto sender = Start();
  EXPECT_TRUE(Eventually([&] { return Delivered() == 2; }));
  EXPECT_THAT(ValuesOf(receiver, "status"), ElementsAre("Pending", "Completed"));
  EXPECT_EQ(ValuesOf(receiver, "notification_id").at(0), first_id);
}

TEST_F(WebhookSenderTest, AnswersThatGetLostAreAskedForAgain) {
  auto calls = std::make_shared<std::atomic<int>>(0);
  const LoopbackServer receiver([calls](const LoopbackRequest&, LoopbackConnection& connection) {
    if (++*calls > 1) {
      connection.Send(HttpAnswer(200, ""));
    }
  });
  Notify(NewJob(receiver.Url()), {JobState::kPending});
  const auto sender = Start();
  EXPECT_TRUE(Eventually([&] { return Delivered() == 1; }));
  const auto ids = ValuesOf(receiver, "notification_id");
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_EQ(ids[0], ids[1]);  // So that the receiver can tell.
}

TEST_F(WebhookSenderTest, AClockThatJumpedBackDelaysNoLongerThanThePlan) {
  const LoopbackServer receiver(Always(200));
  Notify(NewJob(receiver.Url()), {JobState::kPending});
  Write([](soci::session& sql) {
    sql << "UPDATE outbox SET tries = 3, next_try_ms = 9223372036854775807";
  });
  const auto sender = Start();
  EXPECT_TRUE(receiver.WaitForRequests(1));
}

TEST_F(WebhookSenderTest, GivesUpAfterADayOfTries) {
  const LoopbackServer receiver(Always(500));
  Notify(NewJob(receiver.Url()), {JobState::kPending});
  int tries = 1;
  while (MayTryAgain(tries, Options().first_wait)) {
    ++tries;
  }
  // All but the last two are behind it.
  Write([&](soci::session& sql) {
    const int failed = tries - 2;
    sql << "UPDATE outbox SET tries = :tries, next_try_ms = 0", soci::use(failed);
  });
  auto options = Options();
  const auto sender = Start(options);
  ASSERT_TRUE(receiver.WaitForRequests(1));
  EXPECT_TRUE(Eventually([&] { return Ask("SELECT MAX(tries) FROM outbox") == tries - 1; }));
  EXPECT_EQ(Dropped(), 0);
  Write([](soci::session& sql) { sql << "UPDATE outbox SET next_try_ms = 0"; });
  const auto again = Start(options);
  EXPECT_TRUE(Eventually([&] { return Dropped() == 1; }));
  EXPECT_EQ(Pending(), 0);
}

TEST_F(WebhookSenderTest, PostsOnceEvenWhenTheStoreCannotNoteIt) {
  const LoopbackServer receiver([this](const LoopbackRequest&, LoopbackConnection& connection) {
    database_->failing = true;  // The disk fills up while the receiver answers.
    connection.Send(HttpAnswer(200, ""));
  });
  Notify(NewJob(receiver.Url()), {JobState::kPending});
  const auto sender = Start();
  EXPECT_TRUE(Eventually([&] { return database_->failed >= 3; }));
  EXPECT_EQ(receiver.requests().size(), 1U);
  EXPECT_EQ(Pending(), 1);
  database_->failing = false;
  EXPECT_TRUE(Eventually([&] { return Delivered() == 1; }));
  EXPECT_EQ(receiver.requests().size(), 1U);
  EXPECT_EQ(Pending(), 0);
}

TEST_F(WebhookSenderTest, ReachesNothingInside) {
  const LoopbackServer receiver(Always(200));
  Notify(NewJob(receiver.Url()), {JobState::kPending});
  auto options = Options();
  options.guard = AddressGuard();
  const auto sender = Start(options);
  EXPECT_TRUE(Eventually([&] { return Ask("SELECT MAX(tries) FROM outbox") >= 1; }));
  EXPECT_EQ(receiver.connections(), 0);
}

TEST_F(WebhookSenderTest, EndsSoonAndLosesNothing) {
  const LoopbackServer receiver(Hang);
  for (int job = 0; job < 5; ++job) {
    Notify(NewJob(receiver.Url()), {JobState::kPending});
  }
  auto sender = Start();
  ASSERT_TRUE(receiver.WaitForRequests(5));
  const auto start = std::chrono::steady_clock::now();
  sender.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(10));
  EXPECT_EQ(Pending(), 5);
  EXPECT_EQ(Ask("SELECT MAX(tries) FROM outbox"), 0);  // Our end is no fault of the receiver's.
}

}  // namespace
}  // namespace recover

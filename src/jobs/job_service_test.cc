// Submit, estimate and files; lists and removal are in job_service_list_test.cc.
#include "jobs/job_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failing_env.h"
#include "base/ids.h"
#include "jobs/test_store.h"

namespace recover {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kOutputLimit[] = "Output image dimensions exceed maximum allowed of 384 MP.";

RequestSettings Sides(std::optional<int> width, std::optional<int> height) {
  RequestSettings settings;
  settings.output_width = width;
  settings.output_height = height;
  return settings;
}

class JobServiceTest : public ::testing::Test {
 protected:
  Result<JobRecord> Submit(const std::string& bytes, RequestSettings settings = {}) {
    return store_.service->Submit(store_.key, store_.RequestFor(bytes, std::move(settings)));
  }
  Result<JobRecord> SubmitSource(const KeyRecord& key, const std::string& source_id,
                                 const std::string& filename = "") {
    return store_.service->Submit(key, TestStore::RequestForSource(source_id, filename));
  }
  /// A refused request leaves no row, no credit and no file.
  void ExpectNothingStored() {
    EXPECT_EQ(QueryNumber(*store_.database, "SELECT COUNT(*) FROM jobs"), 0);
    EXPECT_EQ(QueryNumber(*store_.database, "SELECT COUNT(*) FROM inputs"), 0);
    EXPECT_EQ(
        QueryNumber(*store_.database, "SELECT COUNT(*) FROM credit_events WHERE kind <> 'grant'"),
        0);
    EXPECT_EQ(store_.Balance(store_.key).available(), 1000);
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store_.blobs->root())) {
      files += entry.is_regular_file() ? 1 : 0;
    }
    EXPECT_EQ(files, 0);
    EXPECT_EQ(store_.new_jobs, 0);
  }
  void ExpectRefused(const std::string& bytes, RequestSettings settings, StatusCode code,
                     const std::string& words) {
    const auto result = Submit(bytes, std::move(settings));
    EXPECT_EQ(result.error().code(), code) << result.error().message();
    EXPECT_THAT(result.error().message(), HasSubstr(words));
    EXPECT_THAT(result.error().message(), Not(HasSubstr(store_.folder.path().string())));
    ExpectNothingStored();
  }

  TestStore store_;
};

TEST_F(JobServiceTest, ASubmittedJobHasAllItsFieldsAtOnce) {
  RequestSettings settings = Sides(200, std::nullopt);
  settings.output_format = FileFormat::kPng;
  const JobRecord made = Take(Submit(PngOf({40, 30}), settings));
  const JobRecord job = Take(store_.service->Find(store_.key, made.process_id));
  for (const JobRecord& one : {made, job}) {
    EXPECT_TRUE(IsUuid(one.process_id));
    EXPECT_TRUE(IsUuid(one.source_id));
    EXPECT_EQ(one.filename, "photo.png");
    EXPECT_EQ(one.input_format, FileFormat::kPng);
    EXPECT_EQ(one.input_size, (Size{40, 30}));
    EXPECT_EQ(one.output_size, (Size{200, 150}));
    EXPECT_EQ(one.settings.output_format, FileFormat::kPng);
    EXPECT_EQ(one.state, JobState::kPending);
    EXPECT_EQ(one.progress, 0);
    EXPECT_EQ(one.credits, 1);
    EXPECT_EQ(one.origin, "http://localhost:8080");
    EXPECT_GT(one.eta, one.creation_time);
    EXPECT_EQ(one.creation_time.time_since_epoch(), seconds(1'800'000'000));
    EXPECT_EQ(one.modification_time, one.creation_time);
    EXPECT_THAT(one.options_json, HasSubstr("{"));
  }
  EXPECT_EQ(store_.new_jobs, 1);
  EXPECT_TRUE(std::filesystem::exists(store_.blobs->PathOf(made.source_id)));
  EXPECT_EQ(store_.Balance(store_.key).reserved, 1);
}

TEST_F(JobServiceTest, TheOutputsSizeFollowsTheSpec) {
  const struct {
    std::optional<int> width, height;
    Size output;
  } kCases[] = {{std::nullopt, std::nullopt, {40, 30}},
                {100, std::nullopt, {100, 75}},
                {std::nullopt, 100, {133, 100}},
                {1, std::nullopt, {1, 1}},
                {50, 60, {50, 60}},
                {32000, 1, {32000, 1}}};
  for (const auto& one : kCases) {
    EXPECT_EQ(Take(Submit(PngOf({40, 30}), Sides(one.width, one.height))).output_size, one.output);
  }
}

TEST_F(JobServiceTest, CreditsAreReservedAsTheTableSays) {
  EXPECT_EQ(Take(Submit(PngOf({40, 30}), Sides(8000, 2000))).credits, 4);
  EXPECT_EQ(Take(Submit(PngOf({40, 30}), Sides(24000, 16000))).credits, 96);
  EXPECT_EQ(store_.Balance(store_.key).reserved, 100);
  EXPECT_EQ(store_.Balance(store_.key).available(), 900);
}

TEST_F(JobServiceTest, WithoutEnoughCreditsNothingIsStored) {
  Execute(*store_.database, "UPDATE keys SET granted = 1003");
  Execute(*store_.database, "UPDATE keys SET consumed = 1000");
  const auto refused = Submit(PngOf({40, 30}), Sides(4001, 4000));
  EXPECT_EQ(refused.error().code(), StatusCode::kNoCredits);
  EXPECT_EQ(refused.error().message(), "Insufficient funds.");
  EXPECT_EQ(QueryNumber(*store_.database, "SELECT COUNT(*) FROM jobs"), 0);
  EXPECT_THAT(Take(store_.blobs->List()), IsEmpty());
  EXPECT_TRUE(Submit(PngOf({40, 30}), Sides(3000, 4000)));  // The last three.
  EXPECT_EQ(Submit(PngOf({40, 30})).error().code(), StatusCode::kNoCredits);
}

TEST_F(JobServiceTest, PicturesBeyondTheLimitAreRefusedByTheirHeader) {
  ExpectRefused(PngHeaderOf({6000, 4001}), {}, StatusCode::kTooLarge,
                "Input image dimensions exceed maximum allowed of 24 MP.");
  ExpectRefused(PngHeaderOf({2'000'000'000, 2'000'000'000}), {}, StatusCode::kTooLarge, "24 MP.");
  // A bomb by its header alone: 24 MP that nobody decodes here.
  EXPECT_TRUE(Submit(PngHeaderOf({6000, 4000}), Sides(10, 10)));
}

TEST_F(JobServiceTest, OutputsBeyondTheLimitAreRefusedInTheApisWords) {
  ExpectRefused(PngOf({40, 30}), Sides(24001, 16000), StatusCode::kTooLarge, kOutputLimit);
  ExpectRefused(PngOf({30, 40}), Sides(32000, std::nullopt), StatusCode::kTooLarge, kOutputLimit);
}

TEST_F(JobServiceTest, ASideThatFollowsMayNotBeTooLongEither) {
  ExpectRefused(PngOf({1, 40}), Sides(1000, std::nullopt), StatusCode::kInvalidArgument,
                "output_height would be 40000");
  ExpectRefused(PngOf({40, 1}), Sides(std::nullopt, 1000), StatusCode::kInvalidArgument,
                "output_width would be 40000");
}

TEST_F(JobServiceTest, AFormatsOwnLimitIsThatOfASide) {
  RequestSettings settings = Sides(16384, 10);
  settings.output_format = FileFormat::kWebp;
  if (!CanEncode(FileFormat::kWebp)) {
    GTEST_SKIP() << "this build writes no WebP";
  }
  ExpectRefused(PngOf({40, 30}), settings, StatusCode::kInvalidArgument, "16383");
  settings.output_width = 16383;
  EXPECT_TRUE(Submit(PngOf({40, 30}), settings));
}

TEST_F(JobServiceTest, AFormatThatCannotBeWrittenIsRefused) {
  RequestSettings settings;
  settings.output_format = FileFormat::kHeic;
  if (CanEncode(FileFormat::kHeic)) {
    GTEST_SKIP() << "this build writes HEIC";
  }
  ExpectRefused(PngOf({40, 30}), settings, StatusCode::kInvalidArgument, "output_format");
}

TEST_F(JobServiceTest, WhatIsNoPictureIsRefused) {
  ExpectRefused("hello, I am no picture", {}, StatusCode::kUnsupportedFormat, "");
  ExpectRefused("", {}, StatusCode::kCorruptInput, "");
  ExpectRefused(PngOf({40, 30}).substr(0, 20), {}, StatusCode::kCorruptInput, "");
}

TEST_F(JobServiceTest, APictureWithoutPixelsIsUnprocessable) {
  ExpectRefused(PngHeaderOf({0, 30}), {}, StatusCode::kUnprocessable, "zero");
}

TEST_F(JobServiceTest, AFullQueueIsBusyUntilThereIsRoom) {
  TestStore store({.max_queue = 2});
  store.Submit();
  store.Submit();
  const auto refused = store.service->Submit(store.key, store.RequestFor(PngOf({40, 30})));
  EXPECT_EQ(refused.error().code(), StatusCode::kBusy);
  EXPECT_EQ(Take(store.blobs->List()).size(), 2u);
  EXPECT_EQ(store.Balance(store.key).reserved, 2);
  store.ClaimOne();
  EXPECT_TRUE(store.service->Submit(store.key, store.RequestFor(PngOf({40, 30}))));
}

TEST_F(JobServiceTest, AFullDiskIsToldBeforeAnythingIsStored) {
  FailingEnv env;
  store_.blobs = Take(BlobStore::Open(env, store_.folder / "blobs"));
  store_.service = Take(JobService::Create({.database = store_.database, .blobs = store_.blobs}));
  auto request = store_.RequestFor(PngOf({40, 30}));
  env.Fail(FailingEnv::Op::kSync, ENOSPC);
  EXPECT_EQ(store_.service->Submit(store_.key, std::move(request)).error().code(),
            StatusCode::kOutOfSpace);
  ExpectNothingStored();
  TestStore poor({.min_free_bytes = int64_t{1} << 60});
  EXPECT_EQ(poor.service->Submit(poor.key, poor.RequestFor(PngOf({40, 30}))).error().code(),
            StatusCode::kOutOfSpace);
  EXPECT_EQ(poor.service->CheckReady().code(), StatusCode::kOutOfSpace);
  EXPECT_TRUE(store_.service->CheckReady().ok());
}

TEST_F(JobServiceTest, AStoreThatFailsLeavesNoFile) {
  Execute(*store_.database,
          "CREATE TRIGGER no_more BEFORE INSERT ON credit_events WHEN NEW.kind = 'reserve' "
          "BEGIN SELECT RAISE(ABORT, 'made to fail'); END");
  EXPECT_EQ(Submit(PngOf({40, 30})).error().code(), StatusCode::kInternal);
  ExpectNothingStored();
}

TEST_F(JobServiceTest, FileNamesOfAnyBytesAreKeptAsText) {
  const struct {
    std::string sent, kept;
  } kNames[] = {{"", "image.png"},
                {"no extension", "no extension"},
                {"caf\xc3\xa9.jpg", "caf\xc3\xa9.jpg"},
                {"caf\xe9.jpg", "caf\xEF\xBF\xBD.jpg"},
                {std::string("a\0b\r\nc", 6),
                 "a\xEF\xBF\xBD"
                 "b\xEF\xBF\xBD\xEF\xBF\xBD"
                 "c"},
                {"../../etc/passwd", "../../etc/passwd"},
                {std::string(300, 'x'), std::string(255, 'x')},
                {std::string(254, 'x') + "\xc3\xa9", std::string(254, 'x')}};
  for (const auto& name : kNames) {
    auto request = store_.RequestFor(PngOf({40, 30}));
    request.filename = name.sent;
    const JobRecord job = Take(store_.service->Submit(store_.key, std::move(request)));
    EXPECT_EQ(Take(store_.service->Find(store_.key, job.process_id)).filename, name.kept);
  }
}

TEST_F(JobServiceTest, AnEarlierInputServesAgain) {
  const JobRecord first = Take(Submit(PngOf({40, 30})));
  const JobRecord second = Take(SubmitSource(store_.key, first.source_id));
  EXPECT_EQ(second.source_id, first.source_id);
  EXPECT_NE(second.process_id, first.process_id);
  EXPECT_EQ(second.input_size, first.input_size);
  EXPECT_EQ(second.filename, "photo.png");
  EXPECT_EQ(Take(SubmitSource(store_.key, first.source_id, "other.png")).filename, "other.png");
  EXPECT_EQ(Take(store_.blobs->List()).size(), 1u);
  EXPECT_EQ(store_.Balance(store_.key).reserved, 3);
}

TEST_F(JobServiceTest, OnlyOnesOwnInputsServeAndOnlyInTheirTime) {
  const JobRecord first = Take(Submit(PngOf({40, 30})));
  const KeyRecord other = store_.NewKeyOf("other");
  for (const std::string& source_id :
       {NewUuid(), std::string("nonsense"), std::string(), first.process_id}) {
    const auto refused = SubmitSource(store_.key, source_id);
    EXPECT_EQ(refused.error().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(refused.error().message(), HasSubstr("source_id"));
  }
  EXPECT_EQ(SubmitSource(other, first.source_id).error().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(store_.Balance(other).reserved, 0);
  store_.clock.Advance(hours(24 * 7));
  EXPECT_TRUE(SubmitSource(store_.key, first.source_id));
  store_.clock.Advance(seconds(1));
  EXPECT_EQ(SubmitSource(store_.key, first.source_id).error().code(), StatusCode::kInvalidArgument);
}

TEST_F(JobServiceTest, TheEstimateIsWhatIsCharged) {
  for (const Size output : {Size{1, 1}, Size{2001, 2000}, Size{5000, 4000}, Size{24000, 16000}}) {
    const RequestSettings settings = Sides(output.width, output.height);
    const Estimate estimate =
        Take(store_.service->EstimateJob({.settings = settings, .input = {40, 30}}));
    EXPECT_EQ(estimate.credits, Take(Submit(PngOf({40, 30}), settings)).credits);
    EXPECT_GE(estimate.duration_seconds, 1);
  }
}

TEST_F(JobServiceTest, AnEstimateBeyondTheLimitsIsAWrongArgument) {
  const struct {
    RequestSettings settings;
    Size input;
    const char* words;
  } kCases[] = {{Sides(32000, 32000), {40, 30}, kOutputLimit},
                {{}, {32000, 32000}, "24 MP"},
                {Sides(1000, std::nullopt), {1, 40}, "output_height"}};
  for (const auto& one : kCases) {
    const auto refused =
        store_.service->EstimateJob({.settings = one.settings, .input = one.input});
    EXPECT_EQ(refused.error().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(refused.error().message(), HasSubstr(one.words));
  }
}

TEST_F(JobServiceTest, FilesAreFoundByTheirIdsWithNamesForPeople) {
  RequestSettings settings;
  settings.output_format = FileFormat::kTiff;
  const JobRecord made = Take(Submit(PngOf({40, 30}), settings));
  const JobRecord done = store_.Complete(store_.ClaimOne());
  const StoredFile input = Take(store_.service->FindFile(made.source_id));
  EXPECT_EQ(input.path, store_.blobs->PathOf(made.source_id));
  EXPECT_EQ(input.format, FileFormat::kPng);
  EXPECT_EQ(input.filename, "photo.png");
  const StoredFile output = Take(store_.service->FindFile(done.output_id));
  EXPECT_EQ(output.path, store_.blobs->PathOf(done.output_id));
  EXPECT_EQ(output.format, FileFormat::kTiff);
  EXPECT_EQ(output.filename, "photo-recovered.tif");
  for (const std::string& id : {NewUuid(), made.process_id, std::string("../x"), std::string()}) {
    EXPECT_EQ(store_.service->FindFile(id).error().code(), StatusCode::kNotFound);
  }
}

TEST_F(JobServiceTest, TheUrlSecretIsMadeOnceForAStore) {
  const std::string secret = store_.service->url_secret();
  EXPECT_EQ(secret.size(), 43u);
  const auto again = Take(JobService::Create({.database = store_.database, .blobs = store_.blobs}));
  EXPECT_EQ(again->url_secret(), secret);
  EXPECT_NE(TestStore().service->url_secret(), secret);
}

}  // namespace
}  // namespace recover

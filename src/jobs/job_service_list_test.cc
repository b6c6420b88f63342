// Status, lists, cancel and delete.
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ids.h"
#include "jobs/job_cursor.h"
#include "jobs/job_service.h"
#include "jobs/job_text.h"
#include "jobs/test_store.h"

namespace recover {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JobListTest : public ::testing::Test {
 protected:
  std::vector<std::string> IdsOfAllPages(int limit) {
    std::vector<std::string> ids;
    std::string cursor;
    do {
      const JobPage page = Take(store_.service->List(store_.key, limit, cursor));
      EXPECT_LE(page.jobs.size(), static_cast<size_t>(limit));
      for (const JobRecord& job : page.jobs) ids.push_back(job.process_id);
      cursor = page.next_cursor;
    } while (!cursor.empty());
    return ids;
  }

  TestStore store_;
};

TEST_F(JobListTest, NewestFirstAndEachOnceWhateverThePageSize) {
  std::vector<std::string> expected;
  for (int i = 0; i < 7; ++i) expected.insert(expected.begin(), store_.Submit().process_id);
  for (const int limit : {1, 2, 3, 6, 7, 8, 100}) {
    EXPECT_EQ(IdsOfAllPages(limit), expected) << limit;
  }
}

TEST_F(JobListTest, TheLastPageHasNoCursor) {
  EXPECT_EQ(Take(store_.service->List(store_.key, 2, "")).next_cursor, "");
  store_.Submit();
  store_.Submit();
  EXPECT_EQ(Take(store_.service->List(store_.key, 2, "")).next_cursor, "");
  store_.Submit();
  EXPECT_NE(Take(store_.service->List(store_.key, 2, "")).next_cursor, "");
}

TEST_F(JobListTest, PagesStayTrueWhileJobsComeAndGo) {
  std::vector<JobRecord> made;
  for (int i = 0; i < 6; ++i) made.push_back(store_.Submit());
  const JobPage first = Take(store_.service->List(store_.key, 2, ""));
  store_.Submit();
  // The very job that the cursor stands at goes.
  const std::string at = first.jobs.back().process_id;
  ASSERT_TRUE(store_.service->Cancel(store_.key, at).ok());
  ASSERT_TRUE(store_.service->Delete(store_.key, at).ok());
  const JobPage second = Take(store_.service->List(store_.key, 2, first.next_cursor));
  ASSERT_EQ(second.jobs.size(), 2u);
  EXPECT_EQ(second.jobs[0].process_id, made[3].process_id);
  EXPECT_EQ(second.jobs[1].process_id, made[2].process_id);
}

TEST_F(JobListTest, OrderIsThatOfArrivalHoweverTheClockJumps) {
  std::vector<std::string> expected;
  for (const int jump : {0, -10, 5, -100, 1}) {
    store_.clock.JumpWall(hours(jump));
    expected.insert(expected.begin(), store_.Submit().process_id);
  }
  EXPECT_EQ(IdsOfAllPages(2), expected);
}

TEST_F(JobListTest, ConcurrentSubmitsAreAllListedOnce) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int job = 0; job < 5; ++job) store_.Submit();
    });
  }
  const std::vector<std::string> before = IdsOfAllPages(3);
  threads.clear();
  const std::vector<std::string> after = IdsOfAllPages(3);
  EXPECT_EQ(std::set<std::string>(before.begin(), before.end()).size(), before.size());
  EXPECT_EQ(std::set<std::string>(after.begin(), after.end()).size(), 20u);
}

TEST_F(JobListTest, GarbageIsNoCursorNorIsAnotherKeys) {
  for (int i = 0; i < 3; ++i) store_.Submit();
  const std::string good = Take(store_.service->List(store_.key, 1, "")).next_cursor;
  std::vector<std::string> bad = {"x",        std::string(32, '0'), std::string(32, 'g'),
                                  good + "0", good.substr(1),       std::string(32, '\0'),
                                  "-1",       "'; DROP TABLE"};
  for (size_t i = 0; i < good.size(); ++i) {
    std::string flipped = good;
    flipped[i] = flipped[i] == '0' ? '1' : '0';
    bad.push_back(flipped);
  }
  std::string upper = good;
  for (char& c : upper) c = static_cast<char>(toupper(c));
  if (upper != good) bad.push_back(upper);
  for (const std::string& cursor : bad) {
    const auto refused = store_.service->List(store_.key, 1, cursor);
    EXPECT_EQ(refused.error().code(), StatusCode::kInvalidArgument) << cursor;
    EXPECT_THAT(refused.error().message(), HasSubstr("cursor"));
  }
  EXPECT_TRUE(store_.service->List(store_.key, 1, good));
  const KeyRecord other = store_.NewKeyOf("other");
  EXPECT_FALSE(store_.service->List(other, 1, good));
}

TEST(JobCursor, RoundTripsAndHidesItsNumber) {
  std::set<std::string> texts;
  for (const int64_t sequence : {int64_t{0}, int64_t{1}, int64_t{2}, int64_t{1} << 62}) {
    const std::string text = EncodeCursor("secret", 5, sequence);
    EXPECT_EQ(text.size(), 32u);
    EXPECT_EQ(*DecodeCursor("secret", 5, text), sequence);
    EXPECT_FALSE(DecodeCursor("other", 5, text));
    EXPECT_FALSE(DecodeCursor("secret", 6, text));
    texts.insert(text.substr(16));
  }
  EXPECT_EQ(texts.size(), 4u);
}

TEST(JobNames, AreFitForSaving) {
  EXPECT_EQ(OutputFileName("photo.png", FileFormat::kJpeg), "photo-recovered.jpg");
  EXPECT_EQ(OutputFileName("../../etc/passwd", FileFormat::kPng), "passwd-recovered.png");
  EXPECT_EQ(OutputFileName("C:\\photos\\a.b.tif", FileFormat::kTiff), "a.b-recovered.tif");
  EXPECT_EQ(OutputFileName(".hidden", FileFormat::kPng), ".hidden-recovered.png");
  EXPECT_EQ(InputFileName("photo", FileFormat::kJpeg), "photo.jpg");
  EXPECT_EQ(InputFileName("a/", FileFormat::kJpeg), "image.jpg");
  EXPECT_EQ(InputFileName("photo.jpeg", FileFormat::kJpeg), "photo.jpeg");
}

TEST_F(JobListTest, AKeySeesItsOwnJobsOnly) {
  const KeyRecord other = store_.NewKeyOf("other");
  const JobRecord mine = store_.Submit();
  EXPECT_THAT(Take(store_.service->List(other, 10, "")).jobs, IsEmpty());
  for (const std::string& id : {mine.process_id, NewUuid(), std::string("nonsense")}) {
    EXPECT_EQ(store_.service->Find(other, id).error().code(), StatusCode::kNotFound);
    EXPECT_EQ(store_.service->Cancel(other, id).code(), StatusCode::kNotFound);
    EXPECT_EQ(store_.service->Delete(other, id).code(), StatusCode::kNotFound);
  }
  EXPECT_EQ(Take(store_.service->DeleteFinished(other)), 0);
  EXPECT_EQ(Take(store_.service->Find(store_.key, mine.process_id)).state, JobState::kPending);
}

TEST_F(JobListTest, AnIdIsFoundInEitherLetterCase) {
  std::string id = store_.Submit().process_id;
  for (char& c : id) c = static_cast<char>(toupper(c));
  EXPECT_TRUE(store_.service->Find(store_.key, id));
}

TEST_F(JobListTest, OnlyLivingJobsAreCancelledAndOnlyEndedOnesDeleted) {
  const JobRecord pending = store_.Submit();
  EXPECT_EQ(store_.service->Delete(store_.key, pending.process_id).code(), StatusCode::kConflict);
  const Claim claim = store_.ClaimOne();
  EXPECT_EQ(store_.service->Delete(store_.key, pending.process_id).code(), StatusCode::kConflict);
  store_.Complete(claim);
  EXPECT_EQ(store_.service->Cancel(store_.key, pending.process_id).code(), StatusCode::kConflict);
  EXPECT_TRUE(store_.service->Delete(store_.key, pending.process_id).ok());
  EXPECT_EQ(store_.service->Delete(store_.key, pending.process_id).code(), StatusCode::kNotFound);
}

TEST_F(JobListTest, CancelGivesTheCreditsBackOnce) {
  const JobRecord job = store_.Submit({4000, 4000});
  EXPECT_EQ(store_.Balance(store_.key).reserved, 4);
  EXPECT_TRUE(store_.service->Cancel(store_.key, job.process_id).ok());
  EXPECT_EQ(store_.service->Cancel(store_.key, job.process_id).code(), StatusCode::kConflict);
  EXPECT_EQ(store_.Balance(store_.key).available(), 1000);
  EXPECT_FALSE(Take(store_.queue->ClaimNext("worker")).has_value());
  const JobRecord cancelled = Take(store_.service->Find(store_.key, job.process_id));
  EXPECT_EQ(cancelled.state, JobState::kCancelled);
  EXPECT_EQ(cancelled.eta, cancelled.modification_time);
}

TEST_F(JobListTest, DeletingTakesBothFilesAndTheyAreGoneNotUnknown) {
  store_.Submit();
  const JobRecord done = store_.Complete(store_.ClaimOne());
  ASSERT_TRUE(store_.service->Delete(store_.key, done.process_id).ok());
  EXPECT_THAT(Take(store_.blobs->List()), IsEmpty());
  EXPECT_EQ(store_.service->FindFile(done.source_id).error().code(), StatusCode::kGone);
  EXPECT_EQ(store_.service->FindFile(done.output_id).error().code(), StatusCode::kGone);
  EXPECT_EQ(store_.service->Find(store_.key, done.process_id).error().code(),
            StatusCode::kNotFound);
}

TEST_F(JobListTest, ASharedInputGoesWithTheLastOfItsJobs) {
  const JobRecord first = store_.Submit();
  const JobRecord second =
      Take(store_.service->Submit(store_.key, TestStore::RequestForSource(first.source_id)));
  store_.Complete(store_.ClaimOne());
  ASSERT_TRUE(store_.service->Delete(store_.key, first.process_id).ok());
  EXPECT_TRUE(store_.service->FindFile(first.source_id));
  EXPECT_TRUE(std::filesystem::exists(store_.blobs->PathOf(first.source_id)));
  const JobRecord done = store_.Complete(store_.ClaimOne());
  ASSERT_TRUE(store_.service->Delete(store_.key, second.process_id).ok());
  EXPECT_EQ(store_.service->FindFile(first.source_id).error().code(), StatusCode::kGone);
  EXPECT_THAT(Take(store_.blobs->List()), IsEmpty());
}

TEST_F(JobListTest, AllFinishedOfOneKeyGoAtOnceAndTheOthersStay) {
  const KeyRecord other = store_.NewKeyOf("other");
  store_.Submit({1000, 1000}, &other);
  store_.Complete(store_.ClaimOne());
  store_.Submit();
  store_.CopyJob(store_.Complete(store_.ClaimOne()), 204);
  const JobRecord alive = store_.Submit();
  EXPECT_EQ(Take(store_.service->DeleteFinished(store_.key)), 205);
  EXPECT_EQ(Take(store_.service->DeleteFinished(store_.key)), 0);
  EXPECT_TRUE(store_.service->Find(store_.key, alive.process_id));
  EXPECT_EQ(Take(store_.service->List(other, 10, "")).jobs.size(), 1u);
}

}  // namespace
}  // namespace recover

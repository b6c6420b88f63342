#include "jobs/database_writer.h"

#include <future>
#include <latch>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/soci.h>

#include "base/test_folder.h"
#include "jobs/database.h"
#include "jobs/test_store.h"

namespace recover {
namespace {

using ::testing::ElementsAre;

DatabaseWork Insert(const std::string& name, const Status& then = Status::Ok()) {
  return [=](soci::session& sql) {
    sql << "INSERT INTO meta VALUES (:name, '')", soci::use(name);
    return then;
  };
}

class DatabaseWriterTest : public ::testing::Test {
 protected:
  /// Runs all works but the first while the first is at work: they are taken together then, in
  /// their order. Returns their statuses.
  std::vector<Status> RunBehind(const std::vector<DatabaseWork>& works) {
    std::latch is_running(1);
    std::latch may_end(1);
    std::vector<std::future<Status>> ends;
    std::thread first([&] {
      const Status status = writer_.Run([&](soci::session& sql) {
        is_running.count_down();
        may_end.wait();
        return Insert("first")(sql);
      });
      EXPECT_TRUE(status.ok()) << status.message();
    });
    is_running.wait();
    for (size_t i = 0; i < works.size(); ++i) {
      ends.push_back(std::async(std::launch::async, [&, i] { return writer_.Run(works[i]); }));
      while (writer_.waiting() <= i) {
        std::this_thread::yield();
      }
    }
    may_end.count_down();
    first.join();
    std::vector<Status> statuses;
    for (auto& end : ends) statuses.push_back(end.get());
    return statuses;
  }

  TestFolder folder_;
  std::shared_ptr<Database> database_ = Take(Database::Open(folder_ / "recover.db"));
  DatabaseWriter writer_{"db=\"" + (folder_ / "recover.db").string() + "\""};
};

TEST_F(DatabaseWriterTest, WhatWaitsIsCommittedTogether) {
  bool is_together = false;
  const auto statuses =
      RunBehind({Insert("a"), [&](soci::session& sql) {
                   // Done for this transaction, not yet for anyone else.
                   int mine = 0;
                   sql << "SELECT COUNT(*) FROM meta WHERE name = 'a'", soci::into(mine);
                   is_together = mine == 1 && QueryNumber(*database_,
                                                          "SELECT COUNT(*) FROM meta "
                                                          "WHERE name = 'a'") == 0;
                   return Insert("b")(sql);
                 }});
  EXPECT_TRUE(statuses[0].ok());
  EXPECT_TRUE(statuses[1].ok());
  EXPECT_TRUE(is_together);
  EXPECT_EQ(QueryNumber(*database_, "SELECT COUNT(*) FROM meta"), 3);
}

TEST_F(DatabaseWriterTest, OneThatFailsIsUndoneAlone) {
  const auto statuses = RunBehind({Insert("a"), Insert("refused", {StatusCode::kNoCredits, "no"}),
                                   [](soci::session& sql) -> Status {
                                     static_cast<void>(Insert("thrown")(sql).ok());
                                     throw std::runtime_error("thrown on purpose");
                                   },
                                   Insert("b"),
                                   Insert("a"),  // Is there already.
                                   Insert("c")});
  std::vector<StatusCode> codes;
  for (const Status& status : statuses) codes.push_back(status.code());
  EXPECT_THAT(codes, ElementsAre(StatusCode::kOk, StatusCode::kNoCredits, StatusCode::kInternal,
                                 StatusCode::kOk, StatusCode::kInternal, StatusCode::kOk));
  EXPECT_THAT(QueryTexts(*database_, "SELECT name FROM meta ORDER BY name"),
              ElementsAre("a", "b", "c", "first"));
  EXPECT_TRUE(writer_.Run(Insert("later")).ok());
}

TEST_F(DatabaseWriterTest, OnAFullDiskOnlyWhatIsThereIsCalledDone) {
  const auto statuses = RunBehind({Insert("a"),
                                   [](soci::session& sql) {
                                     int pages = 0;
                                     sql << "PRAGMA page_count", soci::into(pages);
                                     sql << "PRAGMA max_page_count = " << pages + 2;
                                     return Insert(std::string(100'000, 'x'))(sql);
                                   },
                                   Insert("b")});
  EXPECT_EQ(statuses[1].code(), StatusCode::kOutOfSpace);
  for (const size_t i : {0, 2}) {
    EXPECT_EQ(QueryNumber(*database_, "SELECT COUNT(*) FROM meta WHERE name = '" +
                                          std::string(i == 0 ? "a" : "b") + "'"),
              statuses[i].ok() ? 1 : 0)
        << statuses[i].message();
  }
  EXPECT_EQ(QueryNumber(*database_, "SELECT COUNT(*) FROM meta WHERE name LIKE 'xx%'"), 0);
  Execute(*database_, "DELETE FROM meta");
  ASSERT_TRUE(writer_
                  .Run([](soci::session& sql) {
                    sql << "PRAGMA max_page_count = 1000000";
                    return Status::Ok();
                  })
                  .ok());
  EXPECT_TRUE(writer_.Run(Insert("a")).ok());
}

TEST_F(DatabaseWriterTest, ATransactionThatIsGoneFailsAllThatWereInIt) {
  const auto statuses = RunBehind({Insert("a"),
                                   [](soci::session& sql) {
                                     // As SQLite does by itself on grave failures.
                                     sql << "ROLLBACK";
                                     return Status(StatusCode::kOutOfSpace, "full");
                                   },
                                   Insert("b")});
  for (const Status& status : statuses) {
    EXPECT_EQ(status.code(), StatusCode::kOutOfSpace);
  }
  EXPECT_EQ(QueryNumber(*database_, "SELECT COUNT(*) FROM meta"), 1);
  EXPECT_TRUE(writer_.Run(Insert("later")).ok());
}

TEST_F(DatabaseWriterTest, ManyThreadsAllGetTheirTurn) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 200; ++i) {
    threads.emplace_back([this, i] {
      const Status status = writer_.Run(Insert(std::to_string(i)));
      EXPECT_TRUE(status.ok()) << status.message();
    });
  }
  threads.clear();
  EXPECT_EQ(QueryNumber(*database_, "SELECT COUNT(*) FROM meta"), 200);
  EXPECT_EQ(writer_.waiting(), 0u);
}

}  // namespace
}  // namespace recover

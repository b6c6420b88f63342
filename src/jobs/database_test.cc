#include "jobs/database.h"

#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/soci.h>
#include <sys/wait.h>

#include "base/test_folder.h"
#include "jobs/schema.h"
#include "jobs/test_store.h"

namespace recover {
namespace {

using ::testing::HasSubstr;

class DatabaseTest : public ::testing::Test {
 protected:
  std::shared_ptr<Database> Open() { return Take(Database::Open(file_)); }
  Status OpenError() {
    const auto database = Database::Open(file_);
    EXPECT_FALSE(database);
    return database.error();
  }

  TestFolder folder_;
  std::filesystem::path file_ = folder_ / "recover.db";
};

TEST_F(DatabaseTest, WhatIsWrittenIsThereWhenOpenedAgain) {
  Execute(*Open(), "INSERT INTO meta VALUES ('a', 'b')");
  EXPECT_EQ(QueryTexts(*Open(), "SELECT value FROM meta WHERE name = 'a'"),
            std::vector<std::string>{"b"});
}

TEST_F(DatabaseTest, IsSafeAgainstPowerCutsByItsSettings) {
  const auto database = Open();
  EXPECT_EQ(QueryTexts(*database, "PRAGMA journal_mode"), std::vector<std::string>{"wal"});
  EXPECT_EQ(QueryNumber(*database, "PRAGMA synchronous"), 2);  // FULL
  EXPECT_EQ(QueryNumber(*database, "PRAGMA user_version"), kSchemaVersion);
}

TEST_F(DatabaseTest, AnErrorOrAThrowRollsBackAndTheNextWriteWorks) {
  const auto database = Open();
  const auto insert = [](soci::session& sql) { sql << "INSERT INTO meta VALUES ('a', 'b')"; };
  const Status refused = database->Write([&](soci::session& sql) {
    insert(sql);
    return Status(StatusCode::kConflict, "changed my mind");
  });
  EXPECT_EQ(refused.code(), StatusCode::kConflict);
  const Status thrown = database->Write([&](soci::session& sql) -> Status {
    insert(sql);
    throw std::runtime_error("thrown on purpose");
  });
  EXPECT_EQ(thrown.code(), StatusCode::kInternal);
  EXPECT_THAT(thrown.message(), HasSubstr("thrown on purpose"));
  const Status wrong = database->Write([&](soci::session& sql) {
    insert(sql);
    sql << "INSERT INTO no_such_table VALUES (1)";
    return Status::Ok();
  });
  EXPECT_EQ(wrong.code(), StatusCode::kInternal);
  EXPECT_EQ(QueryNumber(*database, "SELECT COUNT(*) FROM meta"), 0);
  Execute(*database, "INSERT INTO meta VALUES ('a', 'b')");
  EXPECT_EQ(QueryNumber(*database, "SELECT COUNT(*) FROM meta"), 1);
}

TEST_F(DatabaseTest, AReadSeesOneMomentWhileOthersWrite) {
  const auto database = Open();
  const Status status = database->Read([&](soci::session& sql) {
    int before = -1;
    int after = -1;
    sql << "SELECT COUNT(*) FROM meta", soci::into(before);
    Execute(*database, "INSERT INTO meta VALUES ('a', 'b')");
    sql << "SELECT COUNT(*) FROM meta", soci::into(after);
    EXPECT_EQ(before, 0);
    EXPECT_EQ(after, 0);
    return Status::Ok();
  });
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(QueryNumber(*database, "SELECT COUNT(*) FROM meta"), 1);
}

TEST_F(DatabaseTest, ReadersDoNotWaitForAWriter) {
  const auto database = Open();
  const Status status = database->Write([&](soci::session& sql) {
    sql << "INSERT INTO meta VALUES ('a', 'b')";
    EXPECT_EQ(QueryNumber(*database, "SELECT COUNT(*) FROM meta"), 0);
    return Status::Ok();
  });
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST_F(DatabaseTest, WritesOfManyThreadsComeOneAfterTheOther) {
  const auto database = Open();
  Execute(*database, "INSERT INTO totals VALUES ('sum', 0)");
  constexpr int kThreads = 8;
  constexpr int kSteps = 25;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int step = 0; step < kSteps; ++step) {
        // Read, then write what was read: loses steps unless nobody comes between.
        const Status status = database->Write([](soci::session& sql) {
          double sum = 0;
          sql << "SELECT value FROM totals WHERE name = 'sum'", soci::into(sum);
          sum += 1;
          sql << "UPDATE totals SET value = :sum WHERE name = 'sum'", soci::use(sum);
          return Status::Ok();
        });
        EXPECT_TRUE(status.ok()) << status.message();
        EXPECT_GE(QueryNumber(*database, "SELECT value FROM totals WHERE name = 'sum'"), 1);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(QueryNumber(*database, "SELECT value FROM totals WHERE name = 'sum'"),
            kThreads * kSteps);
}

TEST_F(DatabaseTest, TheVersionChangesWithEachCommitOfAnyoneAndWithNothingElse) {
  const auto database = Open();
  const auto other = Open();
  int64_t last = Take(database->Version());
  const auto changed = [&] {
    const int64_t before = std::exchange(last, Take(database->Version()));
    return before != last;
  };
  EXPECT_FALSE(changed());
  Execute(*database, "INSERT INTO meta VALUES ('a', 'b')");
  EXPECT_TRUE(changed());
  Execute(*other, "INSERT INTO meta VALUES ('c', 'd')");
  EXPECT_TRUE(changed());
  EXPECT_EQ(QueryNumber(*database, "SELECT COUNT(*) FROM meta"), 2);
  const Status undone = database->Write([](soci::session& sql) {
    sql << "INSERT INTO meta VALUES ('e', 'f')";
    return Status(StatusCode::kCancelled, "");
  });
  EXPECT_EQ(undone.code(), StatusCode::kCancelled);
  EXPECT_FALSE(changed());
}

TEST_F(DatabaseTest, HoldsNumbersOf63Bits) {
  const auto database = Open();
  const long long most = std::numeric_limits<long long>::max();
  Execute(*database,
          "INSERT INTO credit_events (key_id, kind, credits, created_at) VALUES (1, "
          "'grant', " +
              std::to_string(most) + ", 0)");
  EXPECT_EQ(QueryNumber(*database, "SELECT credits FROM credit_events"), most);
}

TEST_F(DatabaseTest, ANewerStoreIsRefusedWithAClearSentenceAndLeftAlone) {
  Execute(*Open(), "PRAGMA user_version = 99");
  const Status error = OpenError();
  EXPECT_EQ(error.code(), StatusCode::kCorruptInput);
  EXPECT_THAT(error.message(), HasSubstr("newer version of Recover"));
  EXPECT_THAT(error.message(), HasSubstr("recover.db"));
}

TEST_F(DatabaseTest, ADatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
  {
    const auto database = Open();
    Execute(*database, "PRAGMA application_id = 42");
  }
  EXPECT_THAT(OpenError().message(), HasSubstr("another program"));
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
  const std::string bytes(8192, 'x');
  folder_.Put("recover.db", bytes);
  const Status error = OpenError();
  EXPECT_EQ(error.code(), StatusCode::kCorruptInput);
  EXPECT_THAT(error.message(), HasSubstr("no store of Recover"));
  EXPECT_EQ(folder_.Get("recover.db"), bytes);
}

TEST_F(DatabaseTest, DamageIsToldNotServed) {
  Execute(*Open(), "INSERT INTO meta VALUES ('a', '" + std::string(100'000, 'b') + "')");
  std::string bytes = folder_.Get("recover.db");
  for (size_t at = 4096; at < bytes.size(); ++at) {
    bytes[at] = static_cast<char>(0xEE);
  }
  folder_.Put("recover.db", bytes);
  const auto database = Database::Open(file_);
  const Status status = database ? (*database)->Read([](soci::session& sql) {
    int length = 0;
    sql << "SELECT SUM(LENGTH(value)) FROM meta", soci::into(length);
    return Status::Ok();
  })
                                 : database.error();
  EXPECT_EQ(status.code(), StatusCode::kCorruptInput);
  EXPECT_THAT(status.message(), HasSubstr("backup"));
}

TEST_F(DatabaseTest, AFullDiskIsOutOfSpaceAndLeavesNothing) {
  const auto database = Open();
  const Status full = database->Write([](soci::session& sql) {
    int pages = 0;
    sql << "PRAGMA page_count", soci::into(pages);
    // SQLite then answers as it does when the disk is full.
    sql << "PRAGMA max_page_count = " << pages + 2;
    const std::string large(100'000, 'b');
    sql << "INSERT INTO meta VALUES ('a', :large)", soci::use(large);
    return Status::Ok();
  });
  EXPECT_EQ(full.code(), StatusCode::kOutOfSpace) << full.message();
  EXPECT_THAT(full.message(), HasSubstr("full"));
  EXPECT_EQ(QueryNumber(*database, "SELECT COUNT(*) FROM meta"), 0);
  Execute(*database, "PRAGMA max_page_count = 1000000");
  Execute(*database, "INSERT INTO meta VALUES ('a', 'b')");
  EXPECT_EQ(QueryNumber(*database, "SELECT COUNT(*) FROM meta"), 1);
}

TEST_F(DatabaseTest, AFolderThatIsMissingIsToldByName) {
  file_ = folder_ / "missing" / "recover.db";
  EXPECT_THAT(OpenError().message(), HasSubstr("missing"));
}

TEST_F(DatabaseTest, OddNamesOfFoldersAreFine) {
  for (const char* name : {"two  words", "a=b", "o'clock", "\xc3\xa4; --"}) {
    std::filesystem::create_directory(folder_ / name);
    file_ = folder_ / name / "recover.db";
    Execute(*Open(), "INSERT INTO meta VALUES ('a', 'b')");
    EXPECT_TRUE(std::filesystem::exists(file_)) << name;
  }
  file_ = folder_ / "a\"b.db";
  EXPECT_EQ(OpenError().code(), StatusCode::kInvalidArgument);
}

// Children end by _exit: nothing of the parent's test program runs twice.
TEST_F(DatabaseTest, ManyProcessesMayOpenANewStoreAtOnce) {
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto database = Database::Open(file_);
      const bool done =
          database && (*database)
                          ->Write([](soci::session& sql) {
                            sql << "INSERT INTO totals VALUES ('sum', 1) "
                                   "ON CONFLICT (name) DO UPDATE SET value = value + 1";
                            return Status::Ok();
                          })
                          .ok();
      _exit(done ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(QueryNumber(*Open(), "SELECT value FROM totals WHERE name = 'sum'"), 6);
}

}  // namespace
}  // namespace recover

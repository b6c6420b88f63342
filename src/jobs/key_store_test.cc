#include "jobs/key_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "jobs/credits.h"
#include "jobs/test_store.h"

namespace recover {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class KeyStoreTest : public ::testing::Test {
 protected:
  TestStore store_;
  KeyStore& keys_ = *store_.keys;
};

TEST_F(KeyStoreTest, AKeyIsFoundByItsTextAloneAndStoredOnlyAsItsHash) {
  const NewKey made = Take(keys_.Create("shop", 50, 2.5));
  EXPECT_EQ(made.text.size(), 46u);
  EXPECT_TRUE(made.text.starts_with("rk_"));
  const KeyRecord found = Take(keys_.FindByText(made.text));
  EXPECT_EQ(found.key_id, made.record.key_id);
  EXPECT_EQ(found.name, "shop");
  EXPECT_EQ(found.available(), 50);
  EXPECT_EQ(found.requests_per_second, 2.5);
  EXPECT_EQ(found.webhook_secret.size(), 43u);
  EXPECT_TRUE(made.text.starts_with(found.prefix));
  EXPECT_EQ(QueryTexts(*store_.database, "SELECT hash FROM keys WHERE name = 'shop'"),
            std::vector<std::string>{Sha256Hex(made.text)});
  for (const char* file : {"recover.db", "recover.db-wal"}) {
    EXPECT_THAT(store_.folder.Get(file), Not(HasSubstr(made.text))) << file;
  }
}

TEST_F(KeyStoreTest, NoOtherTextIsTheKey) {
  const NewKey made = Take(keys_.Create("shop", 50, 0));
  std::string other_end = made.text;
  other_end.back() = other_end.back() == 'A' ? 'B' : 'A';
  for (const std::string& text :
       {other_end, made.text + "A", made.text.substr(0, 45), made.record.prefix, std::string(),
        std::string("rk_"), std::string(100'000, 'x'), std::string("\0\xff' OR 1=1", 12),
        Sha256Hex(made.text)}) {
    EXPECT_EQ(keys_.FindByText(text).error().code(), StatusCode::kUnauthenticated) << text;
  }
}

TEST_F(KeyStoreTest, KeysOfOnePrefixAreToldApart) {
  const NewKey one = Take(keys_.Create("one", 1, 0));
  const NewKey two = Take(keys_.Create("two", 1, 0));
  Execute(*store_.database, "UPDATE keys SET prefix = '" + one.record.prefix + "'");
  EXPECT_EQ(Take(keys_.FindByText(one.text)).name, "one");
  EXPECT_EQ(keys_.FindByText(two.text).error().code(), StatusCode::kUnauthenticated);
}

TEST_F(KeyStoreTest, GrantsAreAddedAndAudited) {
  const KeyRecord key = Take(keys_.Create("shop", 50, 0)).record;
  ASSERT_TRUE(keys_.Grant(key.key_id, 25).ok());
  EXPECT_EQ(Take(keys_.Find(key.key_id)).granted, 75);
  EXPECT_THAT(QueryTexts(*store_.database,
                         "SELECT kind || ' ' || credits FROM credit_events WHERE key_id = " +
                             std::to_string(key.key_id)),
              ElementsAre("grant 50", "grant 25"));
}

TEST_F(KeyStoreTest, GrantsThatMakeNoSenseAreRefused) {
  const KeyRecord key = Take(keys_.Create("shop", 50, 0)).record;
  for (const int64_t credits : {int64_t{0}, int64_t{-5}, kMaxGranted, int64_t{1} << 62}) {
    EXPECT_EQ(keys_.Grant(key.key_id, credits).code(), StatusCode::kInvalidArgument) << credits;
  }
  EXPECT_EQ(keys_.Grant(4711, 5).code(), StatusCode::kNotFound);
  EXPECT_EQ(Take(keys_.Find(key.key_id)).granted, 50);
  EXPECT_TRUE(keys_.Grant(key.key_id, kMaxGranted - 50).ok());
}

TEST_F(KeyStoreTest, NamesAreClearAndOfOneLivingKeyEach) {
  for (const std::string& name : {std::string(), std::string(101, 'a'), std::string("a\nb")}) {
    EXPECT_EQ(keys_.Create(name, 0, 0).error().code(), StatusCode::kInvalidArgument) << name;
  }
  EXPECT_EQ(keys_.Create("shop", -1, 0).error().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(keys_.Create("shop", 0, -1).error().code(), StatusCode::kInvalidArgument);
  const KeyRecord old = Take(keys_.Create("shop", 0, 0)).record;
  EXPECT_EQ(keys_.Create("shop", 0, 0).error().code(), StatusCode::kAlreadyExists);
  ASSERT_TRUE(keys_.Revoke(old.key_id).ok());
  const KeyRecord fresh = Take(keys_.Create("shop", 0, 0)).record;
  EXPECT_EQ(Take(keys_.FindByName("shop")).key_id, fresh.key_id);
  EXPECT_EQ(Take(keys_.FindByName(old.prefix)).key_id, old.key_id);
  EXPECT_EQ(Take(keys_.FindByName(std::to_string(old.key_id))).key_id, old.key_id);
  EXPECT_EQ(keys_.FindByName("nobody").error().code(), StatusCode::kNotFound);
}

TEST_F(KeyStoreTest, AllAreListedInTheOrderTheyWereMade) {
  const NewKey made = Take(keys_.Create("second", 7, 0));
  ASSERT_TRUE(keys_.Revoke(made.record.key_id).ok());
  const std::vector<KeyRecord> keys = Take(keys_.List());
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].name, "first");
  EXPECT_EQ(keys[1].name, "second");
  EXPECT_TRUE(keys[1].is_revoked);
  EXPECT_EQ(keys_.Revoke(4711).code(), StatusCode::kNotFound);
}

TEST_F(KeyStoreTest, TheSingleUserHasOneKeyForGood) {
  const KeyRecord key = Take(keys_.EnsureSingleUserKey(1'000'000));
  EXPECT_EQ(key.available(), 1'000'000);
  EXPECT_EQ(Take(keys_.EnsureSingleUserKey(5)).key_id, key.key_id);
  ASSERT_TRUE(keys_.Revoke(key.key_id).ok());
  EXPECT_FALSE(Take(keys_.EnsureSingleUserKey(5)).is_revoked);
  EXPECT_FALSE(Take(keys_.Find(key.key_id)).is_revoked);
  EXPECT_EQ(Take(keys_.List()).size(), 2u);
}

TEST_F(KeyStoreTest, ARevokedKeyOpensNothingWithinASecond) {
  const NewKey made = Take(keys_.Create("shop", 0, 0));
  EXPECT_TRUE(store_.service->Authenticate(made.text));
  ASSERT_TRUE(keys_.Revoke(made.record.key_id).ok());
  store_.clock.Advance(std::chrono::milliseconds(1000));
  const auto refused = store_.service->Authenticate(made.text);
  EXPECT_EQ(refused.error().code(), StatusCode::kUnauthenticated);
  EXPECT_THAT(refused.error().message(), HasSubstr("revoked"));
  // Even what came through in that second stores nothing.
  auto submit = store_.service->Submit(made.record, store_.RequestFor(PngOf({40, 40})));
  EXPECT_EQ(submit.error().code(), StatusCode::kUnauthenticated);
}

TEST_F(KeyStoreTest, AGoodKeyIsAnsweredFromMemoryForASecond) {
  const NewKey made = Take(keys_.Create("shop", 0, 0));
  EXPECT_TRUE(store_.service->Authenticate(made.text));
  Execute(*store_.database, "DELETE FROM keys WHERE name = 'shop'");
  store_.clock.Advance(std::chrono::milliseconds(999));
  EXPECT_TRUE(store_.service->Authenticate(made.text));
  store_.clock.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(store_.service->Authenticate(made.text).error().code(), StatusCode::kUnauthenticated);
}

}  // namespace
}  // namespace recover

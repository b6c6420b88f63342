#include "jobs/key_store.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <soci/soci.h>

#include "base/hmac.h"
#include "base/ids.h"
#include "base/sha256.h"
#include "jobs/credits.h"

namespace recover {
namespace {

constexpr std::string_view kTextPrefix = "rk_";
/// Shown in lists: 6 of 43 random characters leave 222 bits secret.
constexpr size_t kPrefixSize = 9;
constexpr size_t kMaxNameBytes = 100;
constexpr char kSingleUserName[] = "single-user";

constexpr char kColumns[] =
    "SELECT key_id, name, prefix, hash, is_revoked, requests_per_second, granted, reserved, "
    "consumed, webhook_secret, created_at FROM keys ";

struct KeyRow {
  KeyRecord record;
  std::string hash;
};

UnixTime NowOf(const Database& database) {
  return std::chrono::floor<std::chrono::seconds>(database.clock().WallNow());
}

/// `where` may hold one ":value", which `value` takes.
template <typename T>
std::vector<KeyRow> SelectKeys(soci::session& sql, const std::string& where, const T& value) {
  long long key_id = 0, granted = 0, reserved = 0, consumed = 0, created_at = 0;
  int is_revoked = 0;
  KeyRow row;
  soci::statement statement =
      (sql.prepare << kColumns << where << " ORDER BY key_id", soci::into(key_id),
       soci::into(row.record.name), soci::into(row.record.prefix), soci::into(row.hash),
       soci::into(is_revoked), soci::into(row.record.requests_per_second), soci::into(granted),
       soci::into(reserved), soci::into(consumed), soci::into(row.record.webhook_secret),
       soci::into(created_at), soci::use(value, "value"));
  statement.execute();
  std::vector<KeyRow> rows;
  while (statement.fetch()) {
    row.record.key_id = key_id;
    row.record.is_revoked = is_revoked != 0;
    row.record.granted = granted;
    row.record.reserved = reserved;
    row.record.consumed = consumed;
    row.record.creation_time = UnixTime(std::chrono::seconds(created_at));
    rows.push_back(row);
  }
  return rows;
}

std::vector<KeyRow> SelectKey(soci::session& sql, int64_t key_id) {
  const long long value = key_id;
  return SelectKeys(sql, "WHERE key_id = :value", value);
}

Status NoKey(const std::string& name) {
  return {StatusCode::kNotFound, "There is no key \"" + name + "\"; `recover keys list` has all."};
}

Status CheckName(const std::string& name) {
  const bool has_control = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (name.empty() || name.size() > kMaxNameBytes || has_control) {
    return {StatusCode::kInvalidArgument,
            "A key's name has 1 to 100 bytes and no control characters."};
  }
  return Status::Ok();
}

/// Inserts a key without credits, then grants them, so that the audit has all.
Result<KeyRecord> InsertKey(soci::session& sql, const std::string& name, const std::string& text,
                            bool is_single_user, int64_t credits, double requests_per_second,
                            UnixTime now) {
  const std::string prefix = text.substr(0, kPrefixSize);
  const std::string hash = Sha256Hex(text);
  const std::string webhook_secret = NewSecret();
  const int single = is_single_user ? 1 : 0;
  const long long time = now.time_since_epoch().count();
  sql << "INSERT INTO keys (name, prefix, hash, is_single_user, requests_per_second, "
         "webhook_secret, created_at) "
         "VALUES (:name, :prefix, :hash, :single, :rate, :secret, :now)",
      soci::use(name), soci::use(prefix), soci::use(hash), soci::use(single),
      soci::use(requests_per_second), soci::use(webhook_secret), soci::use(time);
  long long key_id = 0;
  sql << "SELECT last_insert_rowid()", soci::into(key_id);
  if (credits > 0) {
    RECOVER_RETURN_IF_ERROR(GrantCredits(sql, key_id, credits, now));
  }
  return SelectKey(sql, key_id).at(0).record;
}

}  // namespace

Result<NewKey> KeyStore::Create(const std::string& name, int64_t credits,
                                double requests_per_second) {
  RECOVER_RETURN_IF_ERROR(CheckName(name));
  if (credits < 0 || credits > kMaxGranted || !std::isfinite(requests_per_second) ||
      requests_per_second < 0) {
    return Status(StatusCode::kInvalidArgument,
                  "A key's credits and its requests per second are 0 or more.");
  }
  NewKey key;
  key.text = std::string(kTextPrefix) + NewSecret();
  RECOVER_RETURN_IF_ERROR(database_->Write([&](soci::session& sql) -> Status {
    if (!SelectKeys(sql, "WHERE name = :value AND is_revoked = 0", name).empty()) {
      return {StatusCode::kAlreadyExists,
              "There is a key \"" + name + "\" already; choose another name or revoke it."};
    }
    RECOVER_ASSIGN_OR_RETURN(key.record, InsertKey(sql, name, key.text, false, credits,
                                                   requests_per_second, NowOf(*database_)));
    return Status::Ok();
  }));
  return key;
}

Result<std::vector<KeyRecord>> KeyStore::List() const {
  std::vector<KeyRecord> keys;
  RECOVER_RETURN_IF_ERROR(database_->Read([&](soci::session& sql) {
    const long long from = 0;
    for (KeyRow& row : SelectKeys(sql, "WHERE key_id > :value", from)) {
      keys.push_back(std::move(row.record));
    }
    return Status::Ok();
  }));
  return keys;
}

Result<KeyRecord> KeyStore::FindByName(const std::string& name_or_prefix) const {
  RECOVER_ASSIGN_OR_RETURN(const std::vector<KeyRecord> keys, List());
  std::vector<const KeyRecord*> found;
  const auto collect = [&](auto fits) {
    for (const KeyRecord& key : keys) {
      if (fits(key)) found.push_back(&key);
    }
  };
  collect([&](const KeyRecord& key) { return !key.is_revoked && key.name == name_or_prefix; });
  if (found.empty()) {
    collect([&](const KeyRecord& key) { return key.prefix == name_or_prefix; });
  }
  if (found.empty()) {
    collect([&](const KeyRecord& key) { return std::to_string(key.key_id) == name_or_prefix; });
  }
  if (found.empty()) {
    return NoKey(name_or_prefix);
  }
  if (found.size() > 1) {
    return Status(StatusCode::kInvalidArgument, "Several keys are called \"" + name_or_prefix +
                                                    "\"; give the key's number instead.");
  }
  return *found.front();
}

Status KeyStore::Revoke(int64_t key_id) {
  return database_->Write([&](soci::session& sql) -> Status {
    if (SelectKey(sql, key_id).empty()) {
      return NoKey(std::to_string(key_id));
    }
    const long long key = key_id;
    sql << "UPDATE keys SET is_revoked = 1 WHERE key_id = :key", soci::use(key);
    return Status::Ok();
  });
}

Status KeyStore::Grant(int64_t key_id, int64_t credits) {
  return database_->Write(
      [&](soci::session& sql) { return GrantCredits(sql, key_id, credits, NowOf(*database_)); });
}

Result<KeyRecord> KeyStore::FindByText(std::string_view key_text) const {
  // What is looked up is the part that lists show; the rest is compared in constant time, with
  // all that share it.
  const std::string prefix(key_text.substr(0, kPrefixSize));
  const std::string hash = Sha256Hex(key_text);
  std::optional<KeyRecord> found;
  RECOVER_RETURN_IF_ERROR(database_->Read([&](soci::session& sql) {
    for (KeyRow& row : SelectKeys(sql, "WHERE prefix = :value", prefix)) {
      if (ConstantTimeEqual(row.hash, hash)) {
        found = std::move(row.record);
      }
    }
    return Status::Ok();
  }));
  if (!found) {
    return Status(StatusCode::kUnauthenticated, "The API key is not known.");
  }
  return *std::move(found);
}

Result<KeyRecord> KeyStore::Find(int64_t key_id) const {
  std::vector<KeyRow> rows;
  RECOVER_RETURN_IF_ERROR(database_->Read([&](soci::session& sql) {
    rows = SelectKey(sql, key_id);
    return Status::Ok();
  }));
  if (rows.empty()) {
    return NoKey(std::to_string(key_id));
  }
  return std::move(rows.front().record);
}

Result<KeyRecord> KeyStore::EnsureSingleUserKey(int64_t credits) {
  KeyRecord key;
  RECOVER_RETURN_IF_ERROR(database_->Write([&](soci::session& sql) -> Status {
    const int yes = 1;
    std::vector<KeyRow> rows = SelectKeys(sql, "WHERE is_single_user = :value", yes);
    if (!rows.empty()) {
      key = std::move(rows.front().record);
      const long long key_id = key.key_id;
      sql << "UPDATE keys SET is_revoked = 0 WHERE key_id = :key", soci::use(key_id);
      key.is_revoked = false;
      return Status::Ok();
    }
    RECOVER_ASSIGN_OR_RETURN(
        key, InsertKey(sql, kSingleUserName, std::string(kTextPrefix) + NewSecret(), true, credits,
                       0, NowOf(*database_)));
    return Status::Ok();
  }));
  return key;
}

}  // namespace recover

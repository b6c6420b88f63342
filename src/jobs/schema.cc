#include "jobs/schema.h"

#include <span>
#include <string>

#include <soci/soci.h>

namespace recover {
namespace {

// What holds for all tables: no column is NULL (a text without content is ''), ids of keys and
// jobs are never used twice (AUTOINCREMENT), times are Unix seconds of the wall clock unless the
// name says milliseconds, booleans are 0 and 1.
//
// SOCI runs one statement at a time and passes over what follows it, hence the lists.
constexpr const char* kVersion1[] = {
    // API keys with their credits. The text of a key is not here: only its SHA-256 in hex and its
    // first characters. reserved and consumed follow credit_events in the same transactions.
    // last_claim: the number of this key's latest claim among the claims of all keys, so that
    // the queue can serve the key that waits longest. At most one key serves --single-user.
    R"(CREATE TABLE keys (
      key_id              INTEGER PRIMARY KEY AUTOINCREMENT,
      name                TEXT NOT NULL,
      prefix              TEXT NOT NULL,
      hash                TEXT NOT NULL UNIQUE,
      is_revoked          INTEGER NOT NULL DEFAULT 0,
      is_single_user      INTEGER NOT NULL DEFAULT 0,
      requests_per_second REAL NOT NULL DEFAULT 0,
      granted             BIGINT NOT NULL DEFAULT 0 CHECK (granted >= 0),
      reserved            BIGINT NOT NULL DEFAULT 0 CHECK (reserved >= 0),
      consumed            BIGINT NOT NULL DEFAULT 0 CHECK (consumed >= 0),
      webhook_secret      TEXT NOT NULL,
      created_at          BIGINT NOT NULL,
      last_claim          BIGINT NOT NULL DEFAULT 0,
      CHECK (reserved + consumed <= granted)))",
    "CREATE INDEX keys_by_prefix ON keys (prefix)",
    "CREATE UNIQUE INDEX keys_single_user ON keys (is_single_user) WHERE is_single_user = 1",

    // Uploaded or fetched pictures, each a file of the blob store. width, height: after EXIF
    // orientation. A row goes together with its file.
    R"(CREATE TABLE inputs (
      source_id   TEXT PRIMARY KEY,
      key_id      BIGINT NOT NULL,
      filename    TEXT NOT NULL,
      format      TEXT NOT NULL,
      width       INTEGER NOT NULL,
      height      INTEGER NOT NULL,
      bytes       BIGINT NOT NULL,
      uploaded_at BIGINT NOT NULL) WITHOUT ROWID)",
    "CREATE INDEX inputs_by_age ON inputs (uploaded_at)",

    // Jobs. state: the names of the API. settings: what was asked for, as SettingsToJson writes
    // it; network: what the model means, for forecasts; options: what is reported as options_json.
    // attempts: tries that count; claim_number: all
    // claims of this job, each number the fence of one claim. heartbeats: grows while a worker is
    // at it. started_ms: the latest claim, Unix milliseconds; for forecasts alone. source_id
    // may name an input that retention has removed. ended_at: 0 until the state is final.
    R"(CREATE TABLE jobs (
      sequence      INTEGER PRIMARY KEY AUTOINCREMENT,
      process_id    TEXT NOT NULL UNIQUE,
      key_id        BIGINT NOT NULL,
      source_id     TEXT NOT NULL,
      output_id     TEXT NOT NULL DEFAULT '',
      filename      TEXT NOT NULL,
      input_format  TEXT NOT NULL,
      input_width   INTEGER NOT NULL,
      input_height  INTEGER NOT NULL,
      output_width  INTEGER NOT NULL,
      output_height INTEGER NOT NULL,
      output_format TEXT NOT NULL,
      settings      TEXT NOT NULL,
      network       TEXT NOT NULL,
      options       TEXT NOT NULL,
      state         TEXT NOT NULL DEFAULT 'Pending' CHECK (
                      state IN ('Pending', 'Processing', 'Completed', 'Cancelled', 'Failed')),
      progress      INTEGER NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
      credits       BIGINT NOT NULL CHECK (credits >= 1),
      message       TEXT NOT NULL DEFAULT '',
      webhook_url   TEXT NOT NULL,
      origin        TEXT NOT NULL,
      created_at    BIGINT NOT NULL,
      modified_at   BIGINT NOT NULL CHECK (modified_at >= created_at),
      ended_at      BIGINT NOT NULL DEFAULT 0,
      worker_id     TEXT NOT NULL DEFAULT '',
      attempts      INTEGER NOT NULL DEFAULT 0,
      claim_number  INTEGER NOT NULL DEFAULT 0,
      heartbeats    BIGINT NOT NULL DEFAULT 0,
      started_ms    BIGINT NOT NULL DEFAULT 0))",
    "CREATE INDEX jobs_by_key ON jobs (key_id, sequence)",
    // The queue: few rows, found without looking at the many that have ended. Serves queries that
    // say "ended_at = 0" in these words.
    "CREATE INDEX jobs_alive ON jobs (state, key_id, sequence) WHERE ended_at = 0",
    "CREATE INDEX jobs_by_source ON jobs (source_id)",
    "CREATE INDEX jobs_by_output ON jobs (output_id) WHERE output_id <> ''",
    "CREATE INDEX jobs_by_end ON jobs (ended_at) WHERE ended_at > 0",

    // Webhooks to be delivered: written in the transaction that changes the job's state, removed
    // when delivered or given up. A snapshot, so that a delivery outlives its job's row; the
    // signing secret is that of the key. outbox_id orders the deliveries of one job.
    // next_try_ms: Unix milliseconds; the first try is due at once.
    R"(CREATE TABLE outbox (
      outbox_id       INTEGER PRIMARY KEY AUTOINCREMENT,
      notification_id TEXT NOT NULL UNIQUE,
      process_id      TEXT NOT NULL,
      key_id          BIGINT NOT NULL,
      url             TEXT NOT NULL,
      origin          TEXT NOT NULL,
      source_id       TEXT NOT NULL,
      output_id       TEXT NOT NULL,
      state           TEXT NOT NULL,
      progress        INTEGER NOT NULL,
      created_at      BIGINT NOT NULL,
      modified_at     BIGINT NOT NULL,
      queued_at       BIGINT NOT NULL,
      tries           INTEGER NOT NULL DEFAULT 0,
      next_try_ms     BIGINT NOT NULL DEFAULT 0))",
    "CREATE INDEX outbox_by_job ON outbox (process_id, outbox_id)",

    // Every movement of credits, for audit; never changed, never removed. kind: grant (without a
    // job), reserve, consume, release. The indexes hold what must hold whatever crashes: each
    // job moves its credits once each way, and ends either consumed or released.
    R"(CREATE TABLE credit_events (
      event_id   INTEGER PRIMARY KEY AUTOINCREMENT,
      key_id     BIGINT NOT NULL,
      process_id TEXT NOT NULL DEFAULT '',
      kind       TEXT NOT NULL CHECK (kind IN ('grant', 'reserve', 'consume', 'release')),
      credits    BIGINT NOT NULL,
      created_at BIGINT NOT NULL))",
    R"(CREATE UNIQUE INDEX credit_events_once ON credit_events (process_id, kind)
      WHERE process_id <> '')",
    R"(CREATE UNIQUE INDEX credit_events_one_end ON credit_events (process_id)
      WHERE kind IN ('consume', 'release'))",

    // Ids of blobs that were here and are removed, so that an old URL is told "gone" and not
    // "never was". Pruned after some weeks.
    R"(CREATE TABLE removed_blobs (
      blob_id    TEXT PRIMARY KEY,
      removed_at BIGINT NOT NULL) WITHOUT ROWID)",
    "CREATE INDEX removed_blobs_by_age ON removed_blobs (removed_at)",

    // How long the latest jobs of each network took; for forecasts.
    R"(CREATE TABLE measurements (
      measurement_id INTEGER PRIMARY KEY AUTOINCREMENT,
      network        TEXT NOT NULL,
      megapixels     REAL NOT NULL,
      seconds        REAL NOT NULL))",
    "CREATE INDEX measurements_by_network ON measurements (network, measurement_id)",

    // Sums since the store was made, for /metrics: one row each, made when first added to.
    R"(CREATE TABLE totals (
      name  TEXT PRIMARY KEY,
      value REAL NOT NULL) WITHOUT ROWID)",

    // What there is one of: url_secret.
    R"(CREATE TABLE meta (
      name  TEXT PRIMARY KEY,
      value TEXT NOT NULL) WITHOUT ROWID)",
};

/// kMigrations[v] brings a store from version v to v + 1. Add at the end; never change one that
/// was released.
constexpr std::span<const char* const> kMigrations[] = {kVersion1};
static_assert(std::size(kMigrations) == kSchemaVersion);

int ReadPragma(soci::session& sql, const std::string& name) {
  int value = 0;
  sql << "PRAGMA " << name, soci::into(value);
  return value;
}

bool HasTables(soci::session& sql) {
  int tables = 0;
  sql << "SELECT COUNT(*) FROM sqlite_master", soci::into(tables);
  return tables > 0;
}

}  // namespace

Status MigrateSchema(soci::session& sql) {
  const int application = ReadPragma(sql, "application_id");
  const int version = ReadPragma(sql, "user_version");
  const bool is_ours = application == kApplicationId && version >= 1;
  if (!is_ours && (application != 0 || version != 0 || HasTables(sql))) {
    return {StatusCode::kCorruptInput, "It is a database of another program."};
  }
  if (version > kSchemaVersion) {
    return {StatusCode::kCorruptInput, "It was written by a newer version of Recover (schema " +
                                           std::to_string(version) + ", this program knows " +
                                           std::to_string(kSchemaVersion) +
                                           "); run that version or a newer one."};
  }
  for (int step = version; step < kSchemaVersion; ++step) {
    for (const char* statement : kMigrations[step]) {
      sql << statement;
    }
  }
  if (version < kSchemaVersion) {
    sql << "PRAGMA application_id = " << kApplicationId;
    sql << "PRAGMA user_version = " << kSchemaVersion;
  }
  return Status::Ok();
}

}  // namespace recover

#include "jobs/database_errors.h"

#include <string>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace recover {
namespace {

struct ErrorRow {
  int result;  ///< Of SQLite, primary or extended.
  StatusCode code;
  const char* sentence;
};

constexpr const char* kFull = "The disk with the data folder is full.";
constexpr const char* kDamaged =
    "The store is damaged; stop the server and put recover.db back from a backup.";
constexpr const char* kDenied = "The store may not be written: see the rights of the data folder.";
constexpr const char* kHeld = "Another process holds the store.";

// Extended codes come before the primary code that they refine: the first row that fits counts.
constexpr ErrorRow kRows[] = {
    // The shared memory of the write-ahead log could not grow: it is a file beside the store.
    {SQLITE_IOERR_SHMSIZE, StatusCode::kOutOfSpace, kFull},
    {SQLITE_IOERR_NOMEM, StatusCode::kUnavailable, "The store ran out of memory."},
    {SQLITE_FULL, StatusCode::kOutOfSpace, kFull},
    {SQLITE_CORRUPT, StatusCode::kCorruptInput, kDamaged},
    {SQLITE_NOTADB, StatusCode::kCorruptInput, "It is no store of Recover."},
    {SQLITE_BUSY, StatusCode::kUnavailable, kHeld},
    {SQLITE_LOCKED, StatusCode::kUnavailable, kHeld},
    {SQLITE_PROTOCOL, StatusCode::kUnavailable, kHeld},
    {SQLITE_NOMEM, StatusCode::kUnavailable, "The store ran out of memory."},
    {SQLITE_PERM, StatusCode::kPermissionDenied, kDenied},
    {SQLITE_READONLY, StatusCode::kPermissionDenied, kDenied},
    {SQLITE_AUTH, StatusCode::kPermissionDenied, kDenied},
    {SQLITE_CANTOPEN, StatusCode::kIoError, "The store cannot be opened."},
    {SQLITE_IOERR, StatusCode::kIoError, "The store cannot be read or written."},
};

const ErrorRow* FindRow(int primary, int extended) {
  for (const ErrorRow& row : kRows) {
    if (row.result == extended || row.result == primary) {
      return &row;
    }
  }
  return nullptr;
}

/// More exact than what SOCI keeps; 0 when there is nothing open to ask.
int ExtendedResult(soci::session* sql) {
  if (sql == nullptr || sql->get_backend() == nullptr) {
    return 0;
  }
  auto* backend = static_cast<soci::sqlite3_session_backend*>(sql->get_backend());
  return sqlite_api::sqlite3_extended_errcode(backend->conn_);
}

}  // namespace

Status StatusFromDatabaseError(const std::exception& error, soci::session* sql) {
  const auto* soci_error = dynamic_cast<const soci::soci_error*>(&error);
  const std::string words = soci_error ? soci_error->get_error_message() : error.what();
  const auto* sqlite_error = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
  if (sqlite_error == nullptr) {
    return {StatusCode::kInternal, "The store failed: " + words};
  }
  const int primary = sqlite_error->result() & 0xff;
  const int extended = ExtendedResult(sql);
  const bool is_same = (extended & 0xff) == primary;
  const ErrorRow* row = FindRow(primary, is_same ? extended : primary);
  if (row == nullptr) {
    return {StatusCode::kInternal, "The store failed: " + words};
  }
  return {row->code, row->sentence + (" (" + words + ")")};
}

}  // namespace recover

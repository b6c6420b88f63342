#include "base/status.h"

#include <array>
#include <cerrno>
#include <system_error>

#include "base/check.h"

namespace recover {
namespace {

struct CodeRow {
  StatusCode code;
  std::string_view name;
  int http_status;
  int exit_code;
};

// The one table of codes. Exit codes are part of the command line's contract
// (recover(1), EXIT STATUS) and are never renumbered; 2 is kept for wrong usage
// as shells do, 130 is what a shell reports after Ctrl-C (128 + SIGINT).
constexpr std::array<CodeRow, 19> kCodes = {{
    {StatusCode::kOk, "ok", 200, 0},
    {StatusCode::kInvalidArgument, "invalid_argument", 400, 2},
    {StatusCode::kNotFound, "not_found", 404, 3},
    {StatusCode::kAlreadyExists, "already_exists", 409, 4},
    {StatusCode::kUnsupportedFormat, "unsupported_format", 415, 5},
    {StatusCode::kCorruptInput, "corrupt_input", 415, 6},
    {StatusCode::kTooLarge, "too_large", 413, 7},
    {StatusCode::kPermissionDenied, "permission_denied", 403, 8},
    {StatusCode::kOutOfSpace, "out_of_space", 507, 9},
    {StatusCode::kCancelled, "cancelled", 499, 130},
    {StatusCode::kUnavailable, "unavailable", 503, 10},
    {StatusCode::kUnauthenticated, "unauthenticated", 401, 13},
    {StatusCode::kNoCredits, "no_credits", 402, 14},
    {StatusCode::kConflict, "conflict", 409, 15},
    {StatusCode::kGone, "gone", 410, 16},
    {StatusCode::kUnprocessable, "unprocessable", 422, 17},
    {StatusCode::kBusy, "busy", 429, 18},
    {StatusCode::kIoError, "io_error", 500, 11},
    {StatusCode::kInternal, "internal", 500, 12},
}};

const CodeRow& RowOf(StatusCode code) {
  for (const CodeRow& row : kCodes) {
    if (row.code == code) {
      return row;
    }
  }
  return kCodes.back();
}

StatusCode CodeOfErrno(int error_number) {
  switch (error_number) {
    case 0:
      return StatusCode::kOk;
    case ENOENT:
    case ENOTDIR:
      return StatusCode::kNotFound;
    case EEXIST:
    case ENOTEMPTY:
      return StatusCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
      return StatusCode::kOutOfSpace;
    case EFBIG:
      return StatusCode::kTooLarge;
    case EINVAL:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
      return StatusCode::kInvalidArgument;
    case ECANCELED:
      return StatusCode::kCancelled;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
      return StatusCode::kUnavailable;
    default:
      return StatusCode::kIoError;
  }
}

}  // namespace

Status Status::WithContext(std::string_view context) const {
  if (ok()) {
    return *this;
  }
  std::string message(context);
  message += ": ";
  message += message_;
  return {code_, std::move(message)};
}

std::string_view StatusCodeName(StatusCode code) { return RowOf(code).name; }
int HttpStatusOf(StatusCode code) { return RowOf(code).http_status; }
int ExitCodeOf(StatusCode code) { return RowOf(code).exit_code; }

Status StatusFromErrno(int error_number, std::string_view what) {
  const StatusCode code = CodeOfErrno(error_number);
  if (code == StatusCode::kOk) {
    return Status::Ok();
  }
  std::string message(what);
  message += ": ";
  message += std::generic_category().message(error_number);
  return {code, std::move(message)};
}

}  // namespace recover

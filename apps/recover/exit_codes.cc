#include "exit_codes.h"

namespace recover::cli {
namespace {

struct Meaning {
  StatusCode code;
  std::string_view text;
};

constexpr Meaning kMeanings[] = {
    {StatusCode::kInvalidArgument, "wrong usage, or a setting that is out of range"},
    {StatusCode::kNotFound, "a file, a folder or a model is not there"},
    {StatusCode::kAlreadyExists, "the output is there and may not be replaced"},
    {StatusCode::kUnsupportedFormat, "not a picture that this build can read or write"},
    {StatusCode::kCorruptInput, "the file is damaged or cut short"},
    {StatusCode::kTooLarge, "over a limit of pixels, bytes or memory"},
    {StatusCode::kPermissionDenied, "the system does not allow reading or writing"},
    {StatusCode::kOutOfSpace, "the disk is full"},
    {StatusCode::kUnavailable, "a device, a library or a network port is not to be had"},
    {StatusCode::kIoError, "reading or writing failed"},
    {StatusCode::kInternal, "a fault of recover itself; please report it"},
    {StatusCode::kUnprocessable, "the picture has a side of zero pixels"},
    {StatusCode::kConflict, "another server uses the data folder"},
    {StatusCode::kCancelled, "stopped by Ctrl-C or by SIGTERM"},
};

}  // namespace

std::vector<ExitCodeRow> ExitCodes() {
  std::vector<ExitCodeRow> rows = {
      {0, "done: every picture, or was finished before; a server that was told to stop"},
      {kExitMixedFailures, "pictures of a batch failed for different reasons"},
  };
  for (const Meaning& meaning : kMeanings) {
    rows.push_back({ExitCodeOf(meaning.code), meaning.text});
  }
  return rows;
}

int ExitCodeOfFailures(const std::vector<StatusCode>& failures) {
  if (failures.empty()) {
    return 0;
  }
  for (const StatusCode code : failures) {
    if (code == StatusCode::kCancelled) {
      return ExitCodeOf(code);
    }
  }
  for (const StatusCode code : failures) {
    if (code != failures.front()) {
      return kExitMixedFailures;
    }
  }
  return ExitCodeOf(failures.front());
}

}  // namespace recover::cli

// The outcome of an operation that can fail: a code and one sentence.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace recover {

/// What kind of failure it was. base/status.cc holds the one table that maps
/// each code to its name, its HTTP status and its exit code on the command line.
enum class StatusCode {
  kOk = 0,
  kInvalidArgument,    ///< The caller's setting is wrong or out of range.
  kNotFound,           ///< A file, a model or a job is not there.
  kAlreadyExists,      ///< The target is there and may not be replaced.
  kUnsupportedFormat,  ///< Not a picture that this build can read or write.
  kCorruptInput,       ///< A known format whose bytes are damaged or cut short.
  kTooLarge,           ///< Over a stated limit: pixels, bytes, memory.
  kPermissionDenied,   ///< The system does not let us read or write it.
  kOutOfSpace,         ///< The disk or the quota is full.
  kCancelled,          ///< The caller asked to stop.
  kUnavailable,        ///< A device, a library or a service is missing now.
  kUnauthenticated,    ///< No key, or one that is not known.
  kNoCredits,          ///< The key has too few credits left.
  kConflict,           ///< Not possible in the state that the job is in.
  kGone,               ///< It was there and has been removed.
  kUnprocessable,      ///< Well-formed, but nothing can be made of it.
  kBusy,               ///< Too much at once; later it may work.
  kIoError,            ///< Reading or writing failed for another reason.
  kInternal,           ///< A fault of ours.
};

/// A code plus a sentence that says what failed, where, and what the person can do.
/// A value type; an OK status carries no message. Thread-compatible.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status Ok() { return {}; }

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  /// The same status with `context` and ": " put before its message.
  Status WithContext(std::string_view context) const;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

/// "corrupt_input", "too_large" ...: stable names for JSON and logs.
std::string_view StatusCodeName(StatusCode code);

/// The status of an HTTP answer for this code, e.g. 413 for kTooLarge.
int HttpStatusOf(StatusCode code);

/// The exit code of the command line for this code; 0 for kOk.
int ExitCodeOf(StatusCode code);

/// kPermissionDenied, kOutOfSpace, kNotFound ... from an errno value, with
/// "`what`: <the system's words>" as its sentence.
Status StatusFromErrno(int error_number, std::string_view what);

}  // namespace recover

/// Returns early with the status of `expr` when it is not OK.
#define RECOVER_RETURN_IF_ERROR(expr)                        \
  do {                                                       \
    if (::recover::Status status_ = (expr); !status_.ok()) { \
      return status_;                                        \
    }                                                        \
  } while (false)

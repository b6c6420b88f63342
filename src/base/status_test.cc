#include "base/status.h"

#include <cerrno>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace recover {
namespace {

constexpr StatusCode kLast = StatusCode::kInternal;

TEST(Status, DefaultIsOkAndCarriesNoMessage) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(status.message().empty());
  EXPECT_EQ(Status::Ok().code(), StatusCode::kOk);
}

TEST(Status, ContextGoesBeforeTheMessageAndKeepsTheCode) {
  const Status status(StatusCode::kCorruptInput, "the file ends early");
  const Status outer = status.WithContext("a.jpg");
  EXPECT_EQ(outer.code(), StatusCode::kCorruptInput);
  EXPECT_EQ(outer.message(), "a.jpg: the file ends early");
}

TEST(Status, ContextOnOkStaysOk) {
  EXPECT_TRUE(Status::Ok().WithContext("a.jpg").ok());
  EXPECT_TRUE(Status::Ok().WithContext("a.jpg").message().empty());
}

TEST(Status, EveryCodeHasItsOwnNameAndExitCode) {
  std::set<std::string_view> names;
  std::set<int> exit_codes;
  for (int code = 0; code <= static_cast<int>(kLast); ++code) {
    const auto status_code = static_cast<StatusCode>(code);
    EXPECT_TRUE(names.insert(StatusCodeName(status_code)).second) << code;
    EXPECT_TRUE(exit_codes.insert(ExitCodeOf(status_code)).second) << code;
    if (status_code != StatusCode::kOk) {
      EXPECT_GE(HttpStatusOf(status_code), 400) << code;
      EXPECT_NE(ExitCodeOf(status_code), 0) << code;
    }
  }
}

TEST(Status, ErrnoMapsToTheCodeThatTellsThePersonWhatToDo) {
  EXPECT_EQ(StatusFromErrno(ENOENT, "open a.jpg").code(), StatusCode::kNotFound);
  EXPECT_EQ(StatusFromErrno(EACCES, "x").code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(StatusFromErrno(EROFS, "x").code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(StatusFromErrno(ENOSPC, "x").code(), StatusCode::kOutOfSpace);
  EXPECT_EQ(StatusFromErrno(EDQUOT, "x").code(), StatusCode::kOutOfSpace);
  EXPECT_EQ(StatusFromErrno(EEXIST, "x").code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(StatusFromErrno(EIO, "x").code(), StatusCode::kIoError);
  EXPECT_TRUE(StatusFromErrno(0, "x").ok());
}

TEST(Status, ErrnoMessageStartsWithWhatFailed) {
  EXPECT_EQ(StatusFromErrno(ENOENT, "open a.jpg").message(),
            "open a.jpg: No such file or directory");
}

Status FailsAt(int step) {
  RECOVER_RETURN_IF_ERROR(Status::Ok());
  if (step == 1) {
    RECOVER_RETURN_IF_ERROR(Status(StatusCode::kIoError, "one"));
  }
  return {StatusCode::kInternal, "two"};
}

TEST(Status, ReturnIfErrorReturnsOnlyErrors) {
  EXPECT_EQ(FailsAt(1).message(), "one");
  EXPECT_EQ(FailsAt(2).message(), "two");
}

}  // namespace
}  // namespace recover

// Result<T>: a value or the Status that says why there is none.
// Mirrors the members of std::expected<T, Status>, to become an alias of it later.
#pragma once

#include <optional>
#include <utility>

#include "base/check.h"
#include "base/status.h"

namespace recover {

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    RECOVER_CHECK(!status_.ok());
  }

  bool has_value() const { return value_.has_value(); }
  explicit operator bool() const { return has_value(); }

  T& value() & {
    RECOVER_CHECK(has_value());
    return *value_;
  }
  const T& value() const& {
    RECOVER_CHECK(has_value());
    return *value_;
  }
  T&& value() && {
    RECOVER_CHECK(has_value());
    return *std::move(value_);
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The reason when there is no value; an OK status when there is one.
  const Status& error() const { return status_; }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace recover

#define RECOVER_CONCAT_INNER_(a, b) a##b
#define RECOVER_CONCAT_(a, b) RECOVER_CONCAT_INNER_(a, b)

// `lhs` may declare a variable and `tmp` is a name: neither can stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
/// RECOVER_ASSIGN_OR_RETURN(auto x, F()): x is the value, or the caller returns the Status.
#define RECOVER_ASSIGN_OR_RETURN(lhs, expr) \
  RECOVER_ASSIGN_OR_RETURN_IMPL_(RECOVER_CONCAT_(result_, __LINE__), lhs, expr)
#define RECOVER_ASSIGN_OR_RETURN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                                   \
  if (!tmp.has_value()) {                              \
    return tmp.error();                                \
  }                                                    \
  lhs = *std::move(tmp)
// NOLINTEND(bugprone-macro-parentheses)

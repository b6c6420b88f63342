// The log: one line per event on stderr, for people and for grep.
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace recover {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

/// key=value of a line. Values with blanks, quotes or control characters are
/// quoted and escaped, so that one event stays one line.
struct LogField {
  LogField(std::string_view field_key, std::string_view text) : key(field_key), value(text) {}
  LogField(std::string_view field_key, const char* text) : key(field_key), value(text) {}
  LogField(std::string_view field_key, bool flag)
      : key(field_key), value(flag ? "true" : "false") {}
  template <std::integral T>
  LogField(std::string_view field_key, T number) : key(field_key), value(std::to_string(number)) {}
  LogField(std::string_view field_key, double number);

  std::string_view key;
  std::string value;
};

/// Writes `level time msg="..." key=value ...` (time: UTC, ISO 8601, milliseconds)
/// if `level` is at or above the one set. Nothing is written until a level is set:
/// a library stays silent, the program that uses it decides. Thread-safe.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

/// Lines below `level` are dropped. At first kOff. Thread-safe.
void SetLogLevel(LogLevel level);

/// Sends whole lines (without their newline) to `sink` instead of stderr; an
/// empty function goes back to stderr. Called with a lock held: no logging inside.
void SetLogSink(std::function<void(std::string_view line)> sink);

}  // namespace recover

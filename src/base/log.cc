#include "base/log.h"

#include <cstdio>
#include <memory>
#include <mutex>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

namespace recover {
namespace {

spdlog::level::level_enum SpdLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

// Writes each line with one call, so that lines of several processes do not mix.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void Redirect(std::function<void(std::string_view)> target) {
    const std::lock_guard lock(mutex_);
    target_ = std::move(target);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (target_) {
      target_(std::string_view(line.data(), line.size() - 1));
    } else {
      std::fwrite(line.data(), 1, line.size(), stderr);
    }
  }
  void flush_() override { std::fflush(stderr); }

 private:
  std::function<void(std::string_view)> target_;
};

struct Logger {
  Logger() : sink(std::make_shared<LineSink>()), spd("recover", sink) {
    spd.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%l %Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc, "\n"));
    spd.set_level(spdlog::level::off);
    spd.flush_on(spdlog::level::warn);
  }
  std::shared_ptr<LineSink> sink;  // shared with `spd`, as spdlog wants it
  spdlog::logger spd;
};

// Never destroyed: threads may still log while the program ends.
Logger& TheLogger() {
  static Logger& logger = *new Logger;
  return logger;
}

bool NeedsQuotes(std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f || c == '"' || c == '=' || c == '\\') {
      return true;
    }
  }
  return value.empty();
}

void AppendValue(std::string_view value, std::string& line) {
  if (!NeedsQuotes(value)) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (byte < ' ' || byte == 0x7f) {
      constexpr char kHex[] = "0123456789abcdef";
      line += "\\x";
      line += kHex[byte >> 4];
      line += kHex[byte & 15];
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

LogField::LogField(std::string_view field_key, double number) : key(field_key) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.6g", number);
  value = text;
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  Logger& logger = TheLogger();
  if (level == LogLevel::kOff || !logger.spd.should_log(SpdLevel(level))) {
    return;
  }
  std::string line = "msg=";
  AppendValue(message, line);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    AppendValue(field.value, line);
  }
  logger.spd.log(SpdLevel(level), line);
}

void SetLogLevel(LogLevel level) { TheLogger().spd.set_level(SpdLevel(level)); }

void SetLogSink(std::function<void(std::string_view)> sink) {
  TheLogger().sink->Redirect(std::move(sink));
}

}  // namespace recover

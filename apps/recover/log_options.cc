#include "log_options.h"

#include <string>

#include "base/log.h"

namespace recover::cli {

void ApplyLogLevel(const OptionValues& options) {
  const std::string level = options.Text("log-level").value_or("info");
  SetLogLevel(level == "debug"     ? LogLevel::kDebug
              : level == "warning" ? LogLevel::kWarning
              : level == "error"   ? LogLevel::kError
              : level == "off"     ? LogLevel::kOff
                                   : LogLevel::kInfo);
}

}  // namespace recover::cli

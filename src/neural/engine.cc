#include "neural/engine.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/log.h"

namespace recover::internal {
namespace {

/// The engine's own words go to our log, where the program decides about them.
void ForwardLog(void* /*param*/, OrtLoggingLevel severity, const char* category,
                const char* /*log_id*/, const char* location, const char* message) {
  const LogLevel level =
      severity >= ORT_LOGGING_LEVEL_ERROR ? LogLevel::kWarning : LogLevel::kDebug;
  Log(level, message, {{"engine", category}, {"at", location}});
}

}  // namespace

Status InitEngine() {
  static const bool usable = [] {
    // ONNX Runtime 1.30 for Linux keeps a device id in the home folder and reports its
    // use to its maker unless this is set when its environment is made. No program of
    // ours talks to anybody unasked.
    setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    Ort::InitApi(OrtGetApiBase()->GetApi(ORT_API_VERSION));
    return Ort::Global<void>::api_ != nullptr;
  }();
  if (!usable) {
    return {StatusCode::kUnavailable,
            std::string("ONNX Runtime ") + OrtGetApiBase()->GetVersionString() +
                " is too old: install 1." + std::to_string(ORT_API_VERSION) + " or later"};
  }
  return Status::Ok();
}

Ort::Env& EngineEnv() {
  static Ort::Env* const env = [] {
    auto* made = new Ort::Env(ORT_LOGGING_LEVEL_WARNING, "recover", ForwardLog, nullptr);
    made->DisableTelemetryEvents();
    return made;
  }();
  return *env;
}

bool EngineHasProvider(std::string_view name) {
  const std::vector<std::string> providers = Ort::GetAvailableProviders();
  return std::ranges::find(providers, name) != providers.end();
}

}  // namespace recover::internal

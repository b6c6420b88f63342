#include "machine.h"

#include <cstdio>
#include <fstream>

#include "base/parallel.h"
#include "base/version.h"
#include "neural/device.h"

namespace recover::bench {
namespace {

std::string ProcessorName() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("model name")) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown processor";
}

}  // namespace

std::string MachineText(const Manifest& manifest) {
  return "machine  " + ProcessorName() + ", " + std::to_string(AvailableCpus()) +
         " threads allowed\n" + "build    recover " + kVersion + ", g++ " + __VERSION__ +
#ifdef NDEBUG
         ", release\n" +
#else
         ", with assertions\n" +
#endif
         "engine   ONNX Runtime " + std::string(EngineVersion()) + "\n" + "model    " +
         manifest.name + " " + manifest.version + ", sha256 " + manifest.sha256 + "\n";
}

std::string Fixed(double number, int decimals) {
  char buffer[64];
  std::snprintf(buffer, sizeof(buffer), "%.*f", decimals, number);
  return buffer;
}

}  // namespace recover::bench

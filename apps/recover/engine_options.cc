#include "engine_options.h"

namespace recover::cli {

EngineOptions MachineOptionsOf(const OptionValues& options) {
  EngineOptions engine;
  engine.models_folder = options.Text("models").value_or("");
  // The option table allows no other name.
  engine.device = ParseDevice(options.Text("device").value_or("auto")).value();
  engine.threads = static_cast<int>(options.Integer("threads").value_or(0));
  engine.memory_bytes = options.Integer("memory").value_or(0);
  engine.tile_px = static_cast<int>(options.Integer("tile").value_or(0));
  engine.temp_folder = options.Text("temp").value_or("");
  return engine;
}

}  // namespace recover::cli

// The tiny networks of tests/data, for the unit tests of this folder and those above.
#pragma once

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "neural/model_store.h"

namespace recover {

/// tests/data/tiny_models of the source tree.
inline std::filesystem::path TinyModelsFolder() {
  return std::filesystem::path(RECOVER_SOURCE_DIR) / "tests" / "data" / "tiny_models";
}

/// A verified tiny network; ends the test program if it is not there.
inline StoredModel LoadTinyModel(const std::string& name) {
  Result<StoredModel> model = ModelStore({TinyModelsFolder()}).Load(name);
  RECOVER_CHECK(model.has_value());
  return *std::move(model);
}

}  // namespace recover

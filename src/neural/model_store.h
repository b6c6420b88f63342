// The networks installed on this machine.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "neural/manifest.h"

namespace recover {

/// Folders that may hold networks, best first: `chosen` alone when it is not empty
/// (what the person named by flag or environment); otherwise share/recover/models
/// of the installation that this code runs from, and models/ of the source tree
/// that it was built in. Folders need not exist.
std::vector<std::filesystem::path> ModelSearchPath(const std::filesystem::path& chosen);

/// A network whose bytes are what its manifest says.
struct StoredModel {
  Manifest manifest;
  std::filesystem::path folder;
  std::string onnx;  ///< The ONNX file's bytes, size and SHA-256 verified.
};

/// One folder that claims to be a network.
struct ModelListing {
  std::string name;  ///< The folder's name.
  std::filesystem::path folder;
  Status status;      ///< Why it cannot be used; OK = `manifest` is valid.
  Manifest manifest;  ///< Empty unless status is OK.
};

/// Looks for folders NAME/ with a manifest NAME.json in each folder of the search
/// path; the first of a name wins. Reads the disk at every call; thread-safe.
class ModelStore {
 public:
  explicit ModelStore(std::vector<std::filesystem::path> search_path);

  const std::vector<std::filesystem::path>& search_path() const { return search_path_; }

  /// Everything found, by name; broken ones too, with their reason. With `verify`
  /// each ONNX file's size and SHA-256 are checked as well.
  std::vector<ModelListing> List(bool verify = false) const;

  /// Reads and verifies one network. Errors: kInvalidArgument for a malformed
  /// name; kNotFound, naming what is installed; kCorruptInput when the manifest
  /// or the file's size or SHA-256 is wrong, with the file's path.
  Result<StoredModel> Load(std::string_view name) const;

 private:
  std::vector<std::filesystem::path> search_path_;
};

}  // namespace recover

#include "neural/model_store.h"

#include <dlfcn.h>

#include <algorithm>
#include <map>

#include "base/env.h"
#include "base/sha256.h"
#include "base/strings.h"

namespace recover {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxManifestBytes = int64_t{1} << 20;

/// Where this code was loaded from: the shared library, or the program.
std::vector<fs::path> OwnBinaries() {
  std::vector<fs::path> binaries;
  std::error_code ignored;
  Dl_info info;
  // Any object of this file will do as the address that is looked up.
  static const char here = 0;
  if (dladdr(&here, &info) != 0 && info.dli_fname != nullptr) {
    binaries.push_back(fs::weakly_canonical(info.dli_fname, ignored));
  }
  binaries.push_back(fs::read_symlink("/proc/self/exe", ignored));
  std::erase_if(binaries, [](const fs::path& path) { return path.empty(); });
  return binaries;
}

Result<Manifest> ReadManifest(const fs::path& folder) {
  const fs::path path = folder / (folder.filename().string() + ".json");
  RECOVER_ASSIGN_OR_RETURN(const std::string text, Env::Real().ReadFile(path, kMaxManifestBytes));
  RECOVER_ASSIGN_OR_RETURN(Manifest manifest, ParseManifest(text, path.string()));
  if (manifest.name != folder.filename().string()) {
    return Status(StatusCode::kCorruptInput,
                  path.string() + ": field \"name\" must be the folder's name");
  }
  return manifest;
}

/// The ONNX file's bytes once they are what the manifest says.
Result<std::string> ReadVerified(const Manifest& manifest, const fs::path& folder) {
  const fs::path path = folder / manifest.file;
  // One byte more than promised is enough to see that there are too many.
  Result<std::string> onnx = Env::Real().ReadFile(path, manifest.bytes + 1);
  if (!onnx && onnx.error().code() != StatusCode::kTooLarge) {
    return onnx.error();
  }
  if (!onnx || static_cast<int64_t>(onnx->size()) != manifest.bytes) {
    return Status(StatusCode::kCorruptInput,
                  path.string() + ": the manifest promises " + std::to_string(manifest.bytes) +
                      " bytes, the file differs: install the model again");
  }
  if (Sha256Hex(*onnx) != manifest.sha256) {
    return Status(StatusCode::kCorruptInput,
                  path.string() + ": SHA-256 differs from the manifest's: install the model again");
  }
  return onnx;
}

/// NAME -> folder for every NAME/NAME.json on the search path.
std::map<std::string, fs::path> FindFolders(const std::vector<fs::path>& search_path) {
  std::map<std::string, fs::path> folders;
  for (const fs::path& root : search_path) {
    const Result<std::vector<fs::path>> entries = Env::Real().ListFolder(root);
    if (!entries) {
      continue;
    }
    for (const fs::path& folder : *entries) {
      const std::string name = folder.filename().string();
      std::error_code ignored;
      if (fs::is_regular_file(folder / (name + ".json"), ignored)) {
        folders.emplace(name, folder);
      }
    }
  }
  return folders;
}

Status NotFound(std::string_view name, const std::map<std::string, fs::path>& folders,
                const std::vector<fs::path>& search_path) {
  std::vector<std::string> names;
  for (const auto& [found, folder] : folders) {
    names.push_back(found);
  }
  std::vector<std::string> roots;
  for (const fs::path& root : search_path) {
    roots.push_back(root.string());
  }
  const std::string installed =
      names.empty() ? "no model is installed" : "installed: " + Join(names, ", ");
  return {StatusCode::kNotFound,
          "model '" + std::string(name) + "' not found in " + Join(roots, ", ") + "; " + installed};
}

}  // namespace

std::vector<fs::path> ModelSearchPath(const fs::path& chosen) {
  if (!chosen.empty()) {
    return {chosen};
  }
  std::vector<fs::path> found;
  const auto add = [&found](const fs::path& path) {
    if (std::ranges::find(found, path) == found.end()) {
      found.push_back(path);
    }
  };
  for (const fs::path& binary : OwnBinaries()) {
    std::error_code ignored;
    // PREFIX/bin/recover, PREFIX/lib/librecover.so, PREFIX/lib/TRIPLET/librecover.so;
    // a program in the build tree lies deeper under the tree's root.
    int depth = 0;
    for (fs::path up = binary.parent_path(); up.has_relative_path(); up = up.parent_path()) {
      if (++depth <= 3) {
        add(up.parent_path() / "share" / "recover" / "models");
      }
      if (fs::is_directory(up / "models", ignored) && fs::exists(up / "src" / "neural", ignored)) {
        add(up / "models");
      }
    }
  }
  return found;
}

ModelStore::ModelStore(std::vector<fs::path> search_path) : search_path_(std::move(search_path)) {}

std::vector<ModelListing> ModelStore::List(bool verify) const {
  std::vector<ModelListing> listings;
  for (const auto& [name, folder] : FindFolders(search_path_)) {
    ModelListing listing;
    listing.name = name;
    listing.folder = folder;
    Result<Manifest> manifest = ReadManifest(folder);
    if (!manifest) {
      listing.status = manifest.error();
    } else if (verify) {
      listing.status = ReadVerified(*manifest, folder).error();
    }
    if (listing.status.ok()) {
      listing.manifest = *std::move(manifest);
    }
    listings.push_back(std::move(listing));
  }
  return listings;
}

Result<StoredModel> ModelStore::Load(std::string_view name) const {
  if (!IsModelName(name)) {
    return Status(StatusCode::kInvalidArgument, "'" + std::string(name) +
                                                    "' is no model's name: names are made of a-z, "
                                                    "0-9 and '-' (see: recover models)");
  }
  const std::map<std::string, fs::path> folders = FindFolders(search_path_);
  const auto found = folders.find(std::string(name));
  if (found == folders.end()) {
    return NotFound(name, folders, search_path_);
  }
  StoredModel model;
  model.folder = found->second;
  RECOVER_ASSIGN_OR_RETURN(model.manifest, ReadManifest(model.folder));
  RECOVER_ASSIGN_OR_RETURN(model.onnx, ReadVerified(model.manifest, model.folder));
  return model;
}

}  // namespace recover

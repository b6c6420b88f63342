// recover models: the networks that are installed.
#include <cstdio>

#include "base/json.h"
#include "base/strings.h"
#include "commands.h"
#include "neural/model_store.h"

namespace recover::cli {
namespace {

/// Three figures: "1.24", "0.0635".
std::string Number(double value) {
  char buffer[48];
  std::snprintf(buffer, sizeof(buffer), "%.3g", value);
  return buffer;
}

std::string Describe(const ModelListing& model) {
  if (!model.status.ok()) {
    return model.name + "\n  cannot be used: " + model.status.message() + "\n";
  }
  const Manifest& manifest = model.manifest;
  return model.name + " " + manifest.version + " (" + manifest.kind + ")\n" + "  card     " +
         (model.folder / manifest.card).string() + "\n" + "  size     " +
         HumanBytes(manifest.bytes) + ", " +
         Number(static_cast<double>(manifest.parameters) / 1e6) + " M parameters, " +
         Number(manifest.tflop_per_mp) + " TFLOP per megapixel\n" +
         (manifest.HasCreativity() ? "" : "  dials    creativity changes nothing yet\n") +
         "  licence  " + manifest.licence + "\n" + "  sha256   " + manifest.sha256 + "\n";
}

Json DescribeJson(const ModelListing& model) {
  Json json = {{"name", model.name}, {"folder", model.folder.string()}};
  if (!model.status.ok()) {
    json["error"] = model.status.message();
    return json;
  }
  const Manifest& manifest = model.manifest;
  json["version"] = manifest.version;
  json["kind"] = manifest.kind;
  json["card"] = (model.folder / manifest.card).string();
  json["licence"] = manifest.licence;
  json["bytes"] = manifest.bytes;
  json["parameters"] = manifest.parameters;
  json["tflop_per_mp"] = manifest.tflop_per_mp;
  json["has_creativity"] = manifest.HasCreativity();
  json["sha256"] = manifest.sha256;
  return json;
}

}  // namespace

int RunModels(const OptionValues& options) {
  const ModelStore store(ModelSearchPath(options.Text("models").value_or("")));
  const std::vector<ModelListing> models = store.List(/*verify=*/true);
  Json all = Json::array();
  std::string text;
  bool any_good = false;
  for (const ModelListing& model : models) {
    any_good = any_good || model.status.ok();
    all.push_back(DescribeJson(model));
    text += Describe(model);
  }
  const int said = Say(options.Switch("json") ? DumpJson(all, 2) + "\n" : text);
  if (said != 0) {
    return said;
  }
  if (!any_good) {
    std::vector<std::string> folders;
    for (const auto& folder : store.search_path()) {
      folders.push_back(folder.string());
    }
    return Complain({StatusCode::kNotFound, "No usable network in " + Join(folders, " or ") +
                                                "; --models names another folder."});
  }
  return 0;
}

}  // namespace recover::cli

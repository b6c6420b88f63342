#include "jobs/test_worker.h"

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "base/json.h"
#include "codec/encode.h"
#include "image/image_rows.h"

namespace recover {

void PutServedNetworks(const std::filesystem::path& folder) {
  const auto tiny = std::filesystem::path(RECOVER_SOURCE_DIR) / "tests/data/tiny_models/unet";
  for (const std::string& network : ServedNetworks()) {
    std::filesystem::create_directories(folder / network);
    std::filesystem::copy_file(tiny / "unet.onnx", folder / network / (network + ".onnx"));
    std::filesystem::copy_file(tiny / "unet.md", folder / network / "unet.md");
    Json manifest = Take(ReadJsonFile(tiny / "unet.json"));
    manifest["name"] = network;
    manifest["file"] = network + ".onnx";
    std::ofstream(folder / network / (network + ".json")) << DumpJson(manifest, 2);
  }
}

std::string WavesPng(Size size) {
  static std::map<std::pair<int, int>, std::string> made;
  std::string& bytes = made[{size.width, size.height}];
  if (!bytes.empty()) {
    return bytes;
  }
  Image image(size, 3);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        image.at(x, y, c) = static_cast<float>((x * (3 + c) + y * 5) % 64) / 64;
      }
    }
  }
  const TestFolder folder;
  ImageRows rows(std::move(image));
  const Status status = EncodeFile(rows, {}, {.format = FileFormat::kPng}, folder / "waves.png");
  EXPECT_TRUE(status.ok()) << status.message();
  bytes = folder.Get("waves.png");
  return bytes;
}

void Await(const std::function<bool()>& is_so, const char* what) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > deadline) {
      FAIL() << "not within a minute: " << what;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

WorkerOptions TestWorkerOptions(const TestStore& store, const std::filesystem::path& models) {
  WorkerOptions options;
  options.data_folder = store.folder.path();
  options.worker_id = "worker-under-test";
  options.engine.models_folder = models;
  options.engine.device = Device::kCpu;
  options.engine.threads = 2;
  options.engine.memory_bytes = int64_t{2} << 30;
  options.engine.tile_px = 64;
  options.poll = std::chrono::milliseconds(20);
  return options;
}

void ExpectOnlyInputs(const TestStore& store) {
  const auto inputs = QueryTexts(*store.database, "SELECT source_id FROM jobs");
  for (const std::string& id : Take(store.blobs->List())) {
    EXPECT_NE(std::find(inputs.begin(), inputs.end(), id), inputs.end()) << id;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store.blobs->root())) {
    EXPECT_FALSE(IsTemporaryName(entry.path())) << entry.path();
  }
}

}  // namespace recover

#include "neural/model_store.h"

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>

#include "neural/test_models.h"

namespace recover {
namespace {

namespace fs = std::filesystem;

/// A folder of models of its own, removed at the end.
class ModelStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ =
        fs::path(testing::TempDir()) /
        ("models-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path Install(const std::string& name) {
    fs::copy(TinyModelsFolder() / name, root_ / name);
    return root_ / name;
  }

  static void Write(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }

  static std::string Read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path root_;
};

TEST_F(ModelStoreTest, LoadGivesManifestAndVerifiedBytes) {
  Install("identity");
  const Result<StoredModel> model = ModelStore({root_}).Load("identity");
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ(model->manifest.name, "identity");
  EXPECT_EQ(model->folder, root_ / "identity");
  EXPECT_EQ(static_cast<int64_t>(model->onnx.size()), model->manifest.bytes);
}

TEST_F(ModelStoreTest, FirstFolderOfTheSearchPathWins) {
  const fs::path mine = Install("identity");
  const Result<StoredModel> model = ModelStore({root_, TinyModelsFolder()}).Load("identity");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->folder, mine);
  EXPECT_TRUE(ModelStore({root_, TinyModelsFolder()}).Load("sharpen"));
}

TEST_F(ModelStoreTest, MissingModelNamesWhatIsInstalled) {
  Install("identity");
  const Status error = ModelStore({root_}).Load("general").error();
  EXPECT_EQ(error.code(), StatusCode::kNotFound);
  EXPECT_NE(error.message().find("installed: identity"), std::string::npos);
  EXPECT_NE(error.message().find(root_.string()), std::string::npos);
}

TEST_F(ModelStoreTest, MissingFoldersAreNoModels) {
  const ModelStore store({root_ / "nowhere"});
  EXPECT_TRUE(store.List().empty());
  EXPECT_EQ(store.Load("identity").error().code(), StatusCode::kNotFound);
}

TEST_F(ModelStoreTest, NamesCannotLeaveTheFolder) {
  for (const char* name : {"../identity", "/etc", "", ".", "a b", "Identity"}) {
    EXPECT_EQ(ModelStore({root_}).Load(name).error().code(), StatusCode::kInvalidArgument) << name;
  }
}

TEST_F(ModelStoreTest, OneChangedByteIsFound) {
  const fs::path file = Install("identity") / "identity.onnx";
  std::string bytes = Read(file);
  bytes[bytes.size() / 2] ^= 1;
  Write(file, bytes);
  const Status error = ModelStore({root_}).Load("identity").error();
  EXPECT_EQ(error.code(), StatusCode::kCorruptInput);
  EXPECT_NE(error.message().find("SHA-256"), std::string::npos);
  EXPECT_NE(error.message().find(file.string()), std::string::npos);
}

TEST_F(ModelStoreTest, ShortAndLongFilesAreFound) {
  const fs::path file = Install("identity") / "identity.onnx";
  const std::string bytes = Read(file);
  for (const std::string& wrong : {bytes.substr(1), bytes + "x", bytes + bytes, std::string()}) {
    Write(file, wrong);
    const Status error = ModelStore({root_}).Load("identity").error();
    EXPECT_EQ(error.code(), StatusCode::kCorruptInput);
    EXPECT_NE(error.message().find("bytes"), std::string::npos) << error.message();
  }
}

TEST_F(ModelStoreTest, MissingNetworkFileIsAnError) {
  fs::remove(Install("identity") / "identity.onnx");
  EXPECT_EQ(ModelStore({root_}).Load("identity").error().code(), StatusCode::kNotFound);
}

TEST_F(ModelStoreTest, ManifestOfAnotherNameIsRefused) {
  Install("identity");
  fs::rename(root_ / "identity", root_ / "other");
  fs::rename(root_ / "other" / "identity.json", root_ / "other" / "other.json");
  const Status error = ModelStore({root_}).Load("other").error();
  EXPECT_EQ(error.code(), StatusCode::kCorruptInput);
  EXPECT_NE(error.message().find("\"name\""), std::string::npos);
}

TEST_F(ModelStoreTest, ListShowsGoodAndBrokenOnesByName) {
  Install("sharpen");
  Write(Install("identity") / "identity.onnx", "cut");
  Write(Install("dials") / "dials.json", "{");
  fs::create_directory(root_ / "no-model");
  const ModelStore store({root_});

  const std::vector<ModelListing> quick = store.List();
  ASSERT_EQ(quick.size(), 3U);
  EXPECT_EQ(quick[0].name, "dials");
  EXPECT_EQ(quick[0].status.code(), StatusCode::kCorruptInput);
  EXPECT_EQ(quick[1].name, "identity");
  EXPECT_TRUE(quick[1].status.ok());
  EXPECT_EQ(quick[2].manifest.name, "sharpen");

  const std::vector<ModelListing> verified = store.List(/*verify=*/true);
  EXPECT_EQ(verified[1].status.code(), StatusCode::kCorruptInput);
  EXPECT_TRUE(verified[2].status.ok()) << verified[2].status.message();
}

TEST(ModelSearchPath, ChosenFolderIsTheOnlyOne) {
  EXPECT_EQ(ModelSearchPath("/somewhere"), std::vector<fs::path>{"/somewhere"});
}

TEST(ModelSearchPath, FindsInstallationAndSourceTree) {
  const std::vector<fs::path> path = ModelSearchPath({});
  EXPECT_TRUE(std::ranges::any_of(path, [](const fs::path& folder) {
    return folder.string().ends_with("share/recover/models");
  }));
}

}  // namespace
}  // namespace recover

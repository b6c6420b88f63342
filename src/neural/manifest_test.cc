#include "neural/manifest.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace recover {
namespace {

Json ValidManifest() {
  return *ParseJson(R"({
    "name": "tiny-1", "version": "1.0.0", "kind": "general", "file": "tiny-1.onnx",
    "sha256": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    "bytes": 1000, "licence": "Apache-2.0", "card": "tiny-1.md", "parameters": 12,
    "tflop_per_mp": 0.07, "receptive_field_radius_px": 100, "multiple_px": 16,
    "default_tile_px": 1024, "noise_channels": 4, "prompt_size": 64,
    "dials": [
      {"name": "log2_scale", "index": 0, "default": 0.0, "min": 0, "max": 3},
      {"name": "creativity", "index": 1, "default": 0.25, "min": 0, "max": 1}
    ],
    "creativity_table": [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 1.0]
  })",
                    "test");
}

TEST(Manifest, ValidOneIsReadWhole) {
  const Result<Manifest> manifest = ParseManifest(DumpJson(ValidManifest()), "m.json");
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_EQ(manifest->name, "tiny-1");
  EXPECT_EQ(manifest->bytes, 1000);
  EXPECT_EQ(manifest->receptive_field_radius_px, 100);
  EXPECT_EQ(manifest->default_tile_px, 1024);
  EXPECT_EQ(manifest->creativity_table[8], 1.0);
  ASSERT_NE(manifest->FindDial("creativity"), nullptr);
  EXPECT_EQ(manifest->FindDial("creativity")->index, 1);
  EXPECT_EQ(manifest->FindDial("creativity")->default_value, 0.25);
  EXPECT_EQ(manifest->FindDial("nothing"), nullptr);
}

TEST(Manifest, ActivationBytesMayBeAbsent) {
  Json json = ValidManifest();
  EXPECT_GT(ParseManifest(DumpJson(json), "m.json")->activation_bytes_per_px, 0);
  json["activation_bytes_per_px"] = 321;
  EXPECT_EQ(ParseManifest(DumpJson(json), "m.json")->activation_bytes_per_px, 321);
}

TEST(Manifest, FlatTableMeansNoCreativity) {
  Json json = ValidManifest();
  EXPECT_TRUE(ParseManifest(DumpJson(json), "m.json")->HasCreativity());
  json["creativity_table"] = std::vector<double>(9, 0.0);
  EXPECT_FALSE(ParseManifest(DumpJson(json), "m.json")->HasCreativity());
}

TEST(Manifest, FieldsOfALaterVersionArePassedOver) {
  Json json = ValidManifest();
  json["later"] = {{"a", 1}};
  EXPECT_TRUE(ParseManifest(DumpJson(json), "m.json"));
}

TEST(Manifest, EachMissingFieldIsNamed) {
  const Json valid = ValidManifest();
  for (const auto& item : valid.items()) {
    Json json = valid;
    json.erase(item.key());
    const Result<Manifest> manifest = ParseManifest(DumpJson(json), "m.json");
    ASSERT_FALSE(manifest) << item.key();
    EXPECT_EQ(manifest.error().code(), StatusCode::kCorruptInput);
    EXPECT_NE(manifest.error().message().find("m.json"), std::string::npos);
    EXPECT_NE(manifest.error().message().find("\"" + item.key() + "\""), std::string::npos)
        << manifest.error().message();
  }
}

struct Fault {
  std::string field;
  Json value;
};

TEST(Manifest, EachWrongFieldIsNamed) {
  const Fault faults[] = {
      {"name", "Tiny"},
      {"name", ""},
      {"name", "a/b"},
      {"name", 7},
      {"version", ""},
      {"kind", "face"},
      {"file", "../evil.onnx"},
      {"file", "/etc/passwd"},
      {"file", ".hidden"},
      {"sha256", "0011"},
      {"sha256", std::string(64, 'G')},
      {"bytes", 0},
      {"bytes", 1.5},
      {"bytes", "1000"},
      {"licence", ""},
      {"card", "a/b.md"},
      {"parameters", -1},
      {"tflop_per_mp", -0.1},
      {"tflop_per_mp", "fast"},
      {"receptive_field_radius_px", -1},
      {"receptive_field_radius_px", 5000},
      {"multiple_px", 6},
      {"multiple_px", 0},
      {"default_tile_px", 8},
      {"noise_channels", 0},
      {"prompt_size", 0},
      {"activation_bytes_per_px", 0},
      {"dials", 3},
      {"dials", Json::array()},
      {"creativity_table", Json::array({0, 1})},
      {"creativity_table", Json::array({0, 0.5, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1})},
      {"creativity_table", Json::array({0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 1.1})},
      {"creativity_table", Json::array({0, "a", 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 1})},
  };
  for (const Fault& fault : faults) {
    Json json = ValidManifest();
    json[fault.field] = fault.value;
    const Result<Manifest> manifest = ParseManifest(DumpJson(json), "m.json");
    ASSERT_FALSE(manifest) << fault.field << " = " << DumpJson(fault.value);
    EXPECT_NE(manifest.error().message().find("\"" + fault.field + "\""), std::string::npos)
        << manifest.error().message();
  }
}

TEST(Manifest, EachWrongFieldOfADialIsNamedWithItsPlace) {
  const Fault faults[] = {{"name", ""},   {"name", "log2_scale"}, {"index", 0},  {"index", -1},
                          {"index", 256}, {"default", 2},         {"max", -1.0}, {"min", "low"}};
  for (const Fault& fault : faults) {
    Json json = ValidManifest();
    json["dials"][1][fault.field] = fault.value;
    const Result<Manifest> manifest = ParseManifest(DumpJson(json), "m.json");
    ASSERT_FALSE(manifest) << fault.field;
    EXPECT_NE(manifest.error().message().find("dials[1]"), std::string::npos)
        << manifest.error().message();
  }
}

TEST(Manifest, TextThatIsNoObjectIsRefused) {
  for (const char* text : {"", "[]", "3", "null", "{", "\xff\xfe", "{\"name\":}"}) {
    EXPECT_EQ(ParseManifest(text, "m.json").error().code(), StatusCode::kCorruptInput) << text;
  }
}

}  // namespace
}  // namespace recover

#include "base/json.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace recover {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

TEST(Json, ParseThenDumpIsTheSameText) {
  for (const std::string text :
       {R"({"b":1,"a":[true,false,null,-2,1.5,"x\n\"é"]})", "[]", "{}", "3", R"("")"}) {
    const Result<Json> value = ParseJson(text, "t");
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(DumpJson(*value), text);
  }
}

TEST(Json, DumpIndents) { EXPECT_EQ(DumpJson(Json{{"a", 1}}, 2), "{\n  \"a\": 1\n}"); }

TEST(Json, BrokenTextIsAStatusWithThePlace) {
  for (const std::string text : {"", "{", "[1,]", "{\"a\":}", "nul", "1 2", "\"\xff\"", "[NaN]"}) {
    const Result<Json> value = ParseJson(text, "card.json");
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code(), StatusCode::kCorruptInput);
    EXPECT_THAT(value.error().message(), HasSubstr("card.json: not valid JSON"));
    EXPECT_THAT(value.error().message(), Not(HasSubstr("json.exception")));
  }
  EXPECT_THAT(ParseJson("{\n  \"a\": x}", "c").error().message(), HasSubstr("line 2"));
}

TEST(Json, HostileDepthIsRefused) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(ParseJson(nested(64), "t"));
  EXPECT_EQ(ParseJson(nested(70), "t").error().code(), StatusCode::kCorruptInput);
  EXPECT_FALSE(ParseJson(nested(1'000'000), "t"));
}

TEST(Json, BytesThatAreNoUtf8AreReplacedNotThrown) {
  EXPECT_EQ(DumpJson(Json("caf\xe9.jpg")), "\"caf\xEF\xBF\xBD.jpg\"");
}

TEST(Json, FieldsAreTyped) {
  const Json object = *ParseJson(
      R"({"s":"x","i":-3,"d":1.5,"b":true,"a":[1],"o":{},"big":18446744073709551615})", "t");
  EXPECT_EQ(*JsonString(object, "s"), "x");
  EXPECT_EQ(*JsonInt(object, "i"), -3);
  EXPECT_EQ(*JsonDouble(object, "d"), 1.5);
  EXPECT_EQ(*JsonDouble(object, "i"), -3.0);
  EXPECT_TRUE(*JsonBool(object, "b"));
  EXPECT_EQ((*JsonArray(object, "a"))->size(), 1U);
  EXPECT_TRUE((*JsonObject(object, "o"))->empty());

  EXPECT_FALSE(JsonInt(object, "d")) << "1.5 is no whole number";
  EXPECT_FALSE(JsonInt(object, "big")) << "more than 63 bits";
  EXPECT_FALSE(JsonString(object, "i"));
  EXPECT_FALSE(JsonDouble(object, "s"));
  EXPECT_FALSE(JsonBool(object, "i"));
  EXPECT_FALSE(JsonArray(object, "o"));
  EXPECT_FALSE(JsonObject(object, "a"));
}

TEST(Json, AMissingFieldIsNamed) {
  EXPECT_EQ(JsonString(Json::object(), "sha256").error().message(),
            "field \"sha256\" must be a string");
  EXPECT_FALSE(JsonInt(Json::array(), "x")) << "an array has no fields";
}

TEST(Json, FilesAreReadAndNamedInErrors) {
  const fs::path path = fs::path(testing::TempDir()) / "json_test.json";
  std::ofstream(path) << R"({"a": 1})";
  EXPECT_EQ(*JsonInt(*ReadJsonFile(path), "a"), 1);
  std::ofstream(path) << "{";
  EXPECT_THAT(ReadJsonFile(path).error().message(), HasSubstr("json_test.json"));
  fs::remove(path);
  EXPECT_EQ(ReadJsonFile(path).error().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace recover

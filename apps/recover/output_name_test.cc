#include "output_name.h"

#include <stdlib.h>

#include <fstream>

#include <gtest/gtest.h>

namespace recover::cli {
namespace {

namespace fs = std::filesystem;

InputList Inputs(std::vector<std::string> paths) {
  InputList list;
  for (auto& path : paths) list.items.push_back({path, {}});
  return list;
}

fs::path NameFor(const std::string& input, FileFormat format,
                 std::optional<std::string> wished = {}) {
  const auto rule = ReadOutputRule({}, wished, Inputs({input}));
  return NameOutput(*rule, {input, {}}, format, false).path;
}

TEST(OutputName, StandsBesideTheInputWithItsExtension) {
  EXPECT_EQ(NameFor("d/a.jpg", FileFormat::kJpeg), "d/a-recovered.jpg");
  EXPECT_EQ(NameFor("a.JPEG", FileFormat::kJpeg), "a-recovered.JPEG");
  EXPECT_EQ(NameFor("a.tiff", FileFormat::kTiff), "a-recovered.tiff");
  EXPECT_EQ(NameFor("scan", FileFormat::kTiff), "scan-recovered.tif");
  EXPECT_EQ(NameFor("a.b.png", FileFormat::kPng), "a.b-recovered.png");
}

TEST(OutputName, AWrongExtensionIsPutRight) {
  EXPECT_EQ(NameFor("a.png", FileFormat::kJpeg), "a-recovered.jpg");
  EXPECT_EQ(NameFor("a.jpg", FileFormat::kJpeg, "png"), "a-recovered.png");
}

TEST(OutputName, FormatsThatAreNotWrittenBecomeJpegOrPng) {
  const auto rule = ReadOutputRule({}, {}, Inputs({"a.heic"}));
  EXPECT_EQ(NameOutput(*rule, {"a.heic", {}}, FileFormat::kHeic, false).format, FileFormat::kJpeg);
  EXPECT_EQ(NameOutput(*rule, {"a.heic", {}}, FileFormat::kHeic, true).format, FileFormat::kPng);
}

TEST(OutputRule, ATrailingSlashOrSeveralInputsMeanAFolder) {
  const auto slash = ReadOutputRule("new/", {}, Inputs({"a.jpg"}));
  EXPECT_EQ(slash->target, OutputRule::Target::kFolder);
  const auto several = ReadOutputRule("new", {}, Inputs({"a.jpg", "b.jpg"}));
  EXPECT_EQ(several->target, OutputRule::Target::kFolder);
  EXPECT_EQ(NameOutput(*several, {"x/a.jpg", "deep/er"}, FileFormat::kJpeg, false).path,
            "new/deep/er/a-recovered.jpg");
}

TEST(OutputRule, TheExtensionDecidesTheFormat) {
  const auto rule = ReadOutputRule("big.png", {}, Inputs({"a.jpg"}));
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->format, FileFormat::kPng);
}

TEST(OutputRule, WhatCannotBeMeantIsRefused) {
  EXPECT_FALSE(ReadOutputRule("x.xyz", {}, Inputs({"a.jpg"})));
  EXPECT_FALSE(ReadOutputRule("x", {}, Inputs({"a.jpg"})));
  EXPECT_TRUE(ReadOutputRule("x", "png", Inputs({"a.jpg"})));
  EXPECT_FALSE(ReadOutputRule("x.jpg", "png", Inputs({"a.jpg"})));
  EXPECT_TRUE(ReadOutputRule("x.jpg", "jpeg", Inputs({"a.jpg"})));
  EXPECT_FALSE(ReadOutputRule("x.jpg", {}, Inputs({"a.jpg", "b.jpg"})));
  EXPECT_FALSE(ReadOutputRule("-", {}, Inputs({"a.jpg", "b.jpg"})));
}

TEST(OutputRule, StandardInputAloneGoesToStandardOutput) {
  EXPECT_EQ(ReadOutputRule({}, {}, Inputs({"-"}))->target, OutputRule::Target::kStdout);
  EXPECT_EQ(ReadOutputRule("a.jpg", {}, Inputs({"-"}))->target, OutputRule::Target::kFile);
}

TEST(OutputClaims, NoOutputIsWrittenTwice) {
  OutputClaims claims(Inputs({"a.jpg", "a.png"}));
  EXPECT_TRUE(claims.Claim("a-recovered.jpg", "a.jpg").ok());
  EXPECT_EQ(claims.Claim("./x/../a-recovered.jpg", "a.png").code(), StatusCode::kAlreadyExists);
}

TEST(OutputClaims, NoInputIsWrittenOver) {
  OutputClaims claims(Inputs({"a.jpg", "b.jpg"}));
  EXPECT_EQ(claims.Claim("a.jpg", "a.jpg").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(claims.Claim("./b.jpg", "a.jpg").code(), StatusCode::kInvalidArgument);
}

TEST(OutputClaims, NorAnInputUnderAnotherName) {
  std::string name = (fs::temp_directory_path() / "claims-XXXXXX").string();
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  const fs::path folder = name;
  std::ofstream(folder / "a.jpg") << "x";
  fs::create_hard_link(folder / "a.jpg", folder / "b.jpg");
  fs::create_symlink("a.jpg", folder / "c.jpg");
  OutputClaims claims(Inputs({(folder / "a.jpg").string()}));
  EXPECT_FALSE(claims.Claim(folder / "b.jpg", folder / "a.jpg").ok());
  EXPECT_FALSE(claims.Claim(folder / "c.jpg", folder / "a.jpg").ok());
  fs::remove_all(folder);
}

}  // namespace
}  // namespace recover::cli

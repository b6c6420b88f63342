// What reads strangers' bytes, without a socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/header_value.h"
#include "http/json_fields.h"
#include "http/multipart.h"
#include "http/uri.h"

namespace recover {
namespace {

using testing::ElementsAre;
using testing::Pair;

// What a form holds when it is fed in pieces of `step` bytes.
struct Read {
  Status status;
  std::vector<std::string> parts;  ///< "name|file|content", a dot for no file name.
};
Read ReadForm(std::string_view form, size_t step, MultipartParser::Limits limits = {}) {
  Read read;
  MultipartParser parser(
      "XX",
      {.on_part =
           [&](const PartHeader& header) {
             read.parts.push_back(header.name + "|" +
                                  (header.has_file_name ? header.file_name : ".") + "|");
             return Status::Ok();
           },
       .on_data =
           [&](std::string_view piece) {
             read.parts.back() += piece;
             return Status::Ok();
           },
       .on_part_end =
           [&] {
             read.parts.back() += "$";
             return Status::Ok();
           }},
      limits);
  for (size_t at = 0; at < form.size() && read.status.ok(); at += step) {
    read.status = parser.Feed(form.substr(at, step));
  }
  if (read.status.ok()) {
    read.status = parser.Finish();
  }
  return read;
}

std::string Disposition(const std::string& rest) {
  return "--XX\r\nContent-Disposition: form-data; " + rest + "\r\n\r\n";
}

TEST(Multipart, PiecesOfAnySizeGiveTheSameParts) {
  const std::string form = "preamble\r\n" + Disposition("name=\"a\"") + "1\r\n" +
                           Disposition("name=\"image\"; filename=\"x.jpg\"") +
                           "\r\n--X\r\n--XXno\r\r\n-\r\n" + Disposition("name=b") +
                           "\r\n--XX--\r\nepilogue";
  // "--XX" at a line's start is a boundary by the grammar, whatever follows it.
  EXPECT_FALSE(ReadForm(form, 1).status.ok());
  const std::string good = "preamble\r\n" + Disposition("name=\"a\"") + "1\r\n" +
                           Disposition("name=\"image\"; filename=\"x.jpg\"") +
                           "\r\n--X\r\n-XX\r\r\n--\r\n" + Disposition("name=b") +
                           "\r\n--XX--\r\nepilogue";
  for (size_t step = 1; step < good.size() + 2; ++step) {
    const Read read = ReadForm(good, step);
    EXPECT_TRUE(read.status.ok()) << step << read.status.message();
    EXPECT_THAT(read.parts, ElementsAre("a|.|1$", "image|x.jpg|\r\n--X\r\n-XX\r\r\n--$", "b|.|$"))
        << step;
  }
}

TEST(Multipart, NamesComeAsProgramsWriteThem) {
  const std::pair<std::string, std::string> cases[] = {
      {"name=\"image\"; filename=\"a\\\"b.jpg\"", "image|a\"b.jpg|$"},
      {"name=\"image\"; filename=a.jpg", "image|a.jpg|$"},
      {"filename=\"a;b.jpg\"; name=image", "image|a;b.jpg|$"},
      {"name=\"image\"; filename=\"\"", "image||$"},
      {"name=\"image\"; filename=\"C:\\dir\\a.jpg\"", "image|C:\\dir\\a.jpg|$"},
      {"name=\"image\"; filename=\"x\"; filename*=UTF-8''caf%C3%A9.jpg", "image|caf\xC3\xA9.jpg|$"},
      {"name=\"image\"; filename*=utf-8'en'a%20b", "image|a b|$"},
      {"name=\"image\"; filename=\"x\"; filename*=latin1''%E9", "image|x|$"},
      {"NAME=\"image\" ; FileName = \"y\"", "image|y|$"},
      {"name=\"caf\xC3\xA9\"", "caf\xC3\xA9|.|$"},
      {"name=\"\"", "|.|$"}};
  for (const auto& [rest, expected] : cases) {
    const Read read = ReadForm(Disposition(rest) + "\r\n--XX--", 7);
    EXPECT_TRUE(read.status.ok()) << rest;
    EXPECT_THAT(read.parts, ElementsAre(expected)) << rest;
  }
}

TEST(Multipart, MalformedFormsAreRefused) {
  for (const std::string& form :
       {std::string(), std::string("--XX"), std::string("--XX--x"),
        std::string("--XX\r\n\r\nx\r\n--XX--"),
        std::string("--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--"),
        std::string("--XX\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--XX--"),
        std::string("--XX\r\nno colon\r\n\r\nx\r\n--XX--"), std::string("--XXjunk\r\n"),
        Disposition("name=a") + "x", Disposition("name=a") + "x\r\n--X",
        Disposition("name=a").substr(0, 30), "--XX" + std::string(100, ' ')}) {
    const bool is_closed_form = form == "--XX--x";
    EXPECT_EQ(ReadForm(form, 5).status.ok(), is_closed_form) << form;
  }
}

TEST(Multipart, LimitsHold) {
  std::string form;
  for (int i = 0; i < 5; ++i) {
    form += Disposition("name=a") + "\r\n";
  }
  form += "--XX--";
  EXPECT_TRUE(ReadForm(form, 9, {.max_parts = 5}).status.ok());
  EXPECT_FALSE(ReadForm(form, 9, {.max_parts = 4}).status.ok());
  const std::string long_header = "--XX\r\nX: " + std::string(500, 'a') +
                                  "\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--XX--";
  EXPECT_TRUE(ReadForm(long_header, 50, {.max_header_bytes = 600}).status.ok());
  EXPECT_FALSE(ReadForm(long_header, 50, {.max_header_bytes = 400}).status.ok());
  // Also when the header never ends.
  EXPECT_FALSE(ReadForm("--XX\r\n" + std::string(100'000, 'a'), 50).status.ok());
}

TEST(Multipart, AnErrorOfTheReceiverStopsIt) {
  MultipartParser parser(
      "XX", {.on_part = [](const PartHeader&) { return Status(StatusCode::kOutOfSpace, "full"); },
             .on_data = [](std::string_view) { return Status::Ok(); },
             .on_part_end = [] { return Status::Ok(); }});
  EXPECT_EQ(parser.Feed(Disposition("name=a")).code(), StatusCode::kOutOfSpace);
}

TEST(Multipart, BoundariesAreReadAndChecked) {
  EXPECT_EQ(**MultipartBoundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(**MultipartBoundary("Multipart/Form-Data; charset=x; BOUNDARY=\"a b'c\""), "a b'c");
  EXPECT_FALSE(MultipartBoundary("application/json")->has_value());
  EXPECT_FALSE(MultipartBoundary("multipart/mixed; boundary=a")->has_value());
  for (const std::string& bad :
       {std::string(), std::string(71, 'a'), std::string("a\"b"), std::string("a\r\nb")}) {
    EXPECT_FALSE(MultipartBoundary("multipart/form-data; boundary=" + bad)) << bad;
  }
}

TEST(Targets, AreTakenApart) {
  const auto target = ParseRequestTarget("/a/b%2Fc?x=1&y=a+b%26&x=2&z&=e#f");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a/b%2Fc");
  EXPECT_THAT(target->query,
              ElementsAre(Pair("", "e"), Pair("x", "1"), Pair("y", "a b&"), Pair("z", "")));
  EXPECT_EQ(ParseRequestTarget("https://host:1/p?q=1")->path, "/p");
  EXPECT_EQ(ParseRequestTarget("http://host")->path, "/");
  EXPECT_EQ(ParseRequestTarget("*")->path, "*");
  for (const char* bad :
       {"", "a", "?x", "/a b", "/a?x=%", "/a?x=%1", "/a?x=%1g", "/\x01", "ftp://h/a", "/a?%zz=1"}) {
    EXPECT_FALSE(ParseRequestTarget(bad)) << bad;
  }
  std::string many = "/?";
  for (int i = 0; i < 300; ++i) {
    many += "&a" + std::to_string(i);
  }
  EXPECT_FALSE(ParseRequestTarget(many));
}

TEST(JsonFields, NumbersTextsAndSwitchesBecomeText) {
  const auto fields = FieldsOfJsonText(
      R"({"creativity":3,"texture":4.0,"sharpen":0.5,"crop_to_fill":true,"prompt":"x","seed":9223372036854775807,
          "denoise":null,"unknown":[1,{}],"outputWidth":"12"})");
  ASSERT_TRUE(fields);
  EXPECT_THAT(*fields, ElementsAre(Pair("creativity", "3"), Pair("crop_to_fill", "true"),
                                   Pair("outputWidth", "12"), Pair("prompt", "x"),
                                   Pair("seed", "9223372036854775807"), Pair("sharpen", "0.5"),
                                   Pair("texture", "4")));
  for (const char* bad :
       {"", "3", "[]", "{", R"({"seed":{}})", R"({"prompt":["x"]})", "{\"prompt\":\"\xFF\"}"}) {
    EXPECT_FALSE(FieldsOfJsonText(bad)) << bad;
  }
  EXPECT_FALSE(FieldsOfJsonText(std::string(100'000, '[')));
}

TEST(HeaderValues, NeverFail) {
  EXPECT_EQ(ParseHeaderValue("a; b=c; d=\"e;f\"; b=g").parameters.at("b"), "c");
  EXPECT_EQ(ParseHeaderValue("a; b=\"x\\\"y\\\\z\\w\"").parameters.at("b"), "x\"y\\z\\w");
  for (const char* odd :
       {"", ";", ";;=", "a;b", "a; b=", "a; b=\"", "a; b=\"\\", "a;=;=", "a; b=\"c\"d; e=f"}) {
    ParseHeaderValue(odd);
  }
  EXPECT_EQ(ParseHeaderValue("a; b=\"c\"d; e=f").parameters.at("e"), "f");
}

}  // namespace
}  // namespace recover

#include "base/sha256.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace recover {
namespace {

namespace fs = std::filesystem;

// FIPS 180-4 examples, as published by NIST (SHA256.pdf).
TEST(Sha256, EqualsThePublishedExamples) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileEqualsThatOfItsBytes) {
  const fs::path path = fs::path(testing::TempDir()) / "sha256_test.bin";
  constexpr size_t kPiece = size_t{1} << 20;
  for (const size_t size : {size_t{0}, size_t{1}, kPiece - 1, kPiece, kPiece + 1, 3 * kPiece}) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) {
      bytes[i] = static_cast<char>(i * 31 + i / 1000);
    }
    std::ofstream(path, std::ios::binary) << bytes;
    const Result<std::string> hex = Sha256HexOfFile(path);
    ASSERT_TRUE(hex);
    EXPECT_EQ(*hex, Sha256Hex(bytes)) << size;
  }
  fs::remove(path);
}

TEST(Sha256, AFileThatIsNotThereOrIsAFolderIsAnError) {
  EXPECT_EQ(Sha256HexOfFile(fs::path(testing::TempDir()) / "no such file").error().code(),
            StatusCode::kNotFound);
  EXPECT_FALSE(Sha256HexOfFile(testing::TempDir()));
}

}  // namespace
}  // namespace recover

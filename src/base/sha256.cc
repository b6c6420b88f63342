#include "base/sha256.h"

#include <sodium.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <vector>

#include "base/check.h"

namespace recover {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

const unsigned char* AsBytes(const char* data) {
  return reinterpret_cast<const unsigned char*>(data);
}

std::string Finish(crypto_hash_sha256_state& state) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest;
  crypto_hash_sha256_final(&state, digest.data());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex;
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  return hex.data();
}

// libsodium picks its fastest code here; calling it again and from any thread is fine.
void Start(crypto_hash_sha256_state& state) {
  RECOVER_CHECK(sodium_init() >= 0);
  crypto_hash_sha256_init(&state);
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  crypto_hash_sha256_state state;
  Start(state);
  crypto_hash_sha256_update(&state, AsBytes(bytes.data()), bytes.size());
  return Finish(state);
}

Result<std::string> Sha256HexOfFile(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return StatusFromErrno(errno != 0 ? errno : EIO, "cannot open " + path.string());
  }
  crypto_hash_sha256_state state;
  Start(state);
  std::vector<char> piece(kPieceBytes);
  do {
    errno = 0;
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    crypto_hash_sha256_update(&state, AsBytes(piece.data()), static_cast<size_t>(file.gcount()));
  } while (file);
  if (file.bad() || !file.eof()) {
    return StatusFromErrno(errno != 0 ? errno : EIO, "cannot read " + path.string());
  }
  return Finish(state);
}

}  // namespace recover

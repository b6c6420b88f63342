#include "streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/status.h"

namespace recover::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkBytes = size_t{1} << 18;

fs::path ScratchFolder(const fs::path& folder) {
  if (!folder.empty()) {
    return folder;
  }
  const char* variable = std::getenv("TMPDIR");
  return variable != nullptr && *variable != '\0' ? variable : "/var/tmp";
}

/// Copies to the end. `from` and `to` name the files in sentences.
Status Copy(int in, int out, const std::string& from, const std::string& to) {
  std::vector<char> chunk(kChunkBytes);
  while (true) {
    const ssize_t got = read(in, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return StatusFromErrno(errno, from);
    if (got == 0) return Status::Ok();
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = write(out, chunk.data() + done, static_cast<size_t>(got - done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return StatusFromErrno(errno, to);
      done += put;
    }
  }
}

}  // namespace

Result<UniqueFd> MakeScratchFile(const fs::path& folder) {
  std::string name = (ScratchFolder(folder) / "recover-XXXXXX").string();
  UniqueFd file(mkostemp(name.data(), O_CLOEXEC));
  if (!file.valid()) {
    return StatusFromErrno(errno, "a scratch file in " + ScratchFolder(folder).string());
  }
  unlink(name.c_str());
  return file;
}

fs::path PathOf(const UniqueFd& file) { return "/proc/self/fd/" + std::to_string(file.get()); }

Result<UniqueFd> SaveStdin(const fs::path& folder) {
  if (isatty(STDIN_FILENO) != 0) {
    return Status(StatusCode::kInvalidArgument,
                  "Standard input is the keyboard: send a picture, as in "
                  "recover enhance - < in.jpg > out.jpg.");
  }
  RECOVER_ASSIGN_OR_RETURN(UniqueFd file, MakeScratchFile(folder));
  RECOVER_RETURN_IF_ERROR(Copy(STDIN_FILENO, file.get(), "standard input", "a scratch file"));
  return file;
}

Status CopyToStdout(const UniqueFd& file) {
  if (lseek(file.get(), 0, SEEK_SET) < 0) {
    return StatusFromErrno(errno, "a scratch file");
  }
  return Copy(file.get(), STDOUT_FILENO, "a scratch file", "standard output");
}

}  // namespace recover::cli

#include "data_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include <sys/file.h>
#include <sys/stat.h>

namespace recover::cli {
namespace {

namespace fs = std::filesystem;

std::string Variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

/// What the server that holds the lock wrote into it: " (process 123)".
std::string HolderOf(int lock) {
  char text[32] = {};
  const ssize_t got = pread(lock, text, sizeof(text) - 1, 0);
  const std::string number(text, got > 0 ? static_cast<size_t>(got) : 0);
  return number.find_first_not_of("0123456789\n") == std::string::npos && number.size() > 1
             ? " (process " + number.substr(0, number.find('\n')) + ")"
             : "";
}

}  // namespace

Result<fs::path> DataFolderOf(const OptionValues& options) {
  fs::path folder;
  if (const auto given = options.Text("data")) {
    folder = *given;
  } else if (const std::string data = Variable("XDG_DATA_HOME"); !data.empty()) {
    folder = fs::path(data) / "recover" / "server";
  } else if (const std::string home = Variable("HOME"); !home.empty()) {
    folder = fs::path(home) / ".local" / "share" / "recover" / "server";
  } else {
    return Status(StatusCode::kInvalidArgument,
                  "Where is the server's data to be kept? HOME is not set; name a folder with "
                  "--data DIR.");
  }
  std::error_code error;
  fs::path absolute = fs::absolute(folder, error).lexically_normal();
  if (error) {
    return StatusFromErrno(error.value(), folder.string());
  }
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

Status MakeDataFolder(const fs::path& folder) {
  constexpr std::string_view kCannot = "The folder for the server's data cannot be made";
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  if (error) {
    return StatusFromErrno(error.value(), folder.parent_path().string()).WithContext(kCannot);
  }
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return StatusFromErrno(errno, folder.string()).WithContext(kCannot);
  }
  if (!fs::is_directory(folder, error)) {
    return {StatusCode::kInvalidArgument,
            folder.string() + " is no folder; --data names the folder of the server's data."};
  }
  if (access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
    return StatusFromErrno(errno, folder.string())
        .WithContext("The folder of the server's data cannot be written");
  }
  return Status::Ok();
}

Result<UniqueFd> LockDataFolder(const fs::path& folder) {
  const fs::path path = folder / "lock";
  UniqueFd lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) {
    return StatusFromErrno(errno, path.string());
  }
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return StatusFromErrno(errno, path.string());
    }
    return Status(StatusCode::kConflict, "Another recover serve" + HolderOf(lock.get()) +
                                             " is using the data folder " + folder.string() +
                                             ". Stop it first, or give this server a folder of "
                                             "its own with --data DIR.");
  }
  const std::string number = std::to_string(getpid()) + "\n";
  // For people and for the sentence above; the lock itself is what counts.
  if (ftruncate(lock.get(), 0) != 0 ||
      pwrite(lock.get(), number.data(), number.size(), 0) != static_cast<ssize_t>(number.size())) {
    return StatusFromErrno(errno, path.string());
  }
  return lock;
}

}  // namespace recover::cli

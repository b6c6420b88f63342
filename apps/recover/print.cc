// What is said to the person: errors on standard error, answers on standard output.
#include <cerrno>
#include <cstdio>

#include "commands.h"

namespace recover::cli {

int Complain(const Status& status) {
  std::fprintf(stderr, "recover: %s\n", status.message().c_str());
  return ExitCodeOf(status.code());
}

int Say(const std::string& text) {
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) {
    return Complain(StatusFromErrno(errno != 0 ? errno : EIO, "standard output"));
  }
  return 0;
}

}  // namespace recover::cli

#include "pipeline/path_identity.h"

#include <system_error>

namespace recover {

std::filesystem::path PathIdentity(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  // weakly_canonical leaves a relative path relative when nothing of it exists.
  const fs::path absolute = fs::absolute(path, error);
  if (error) {
    return path;
  }
  fs::path canonical = fs::weakly_canonical(absolute, error);
  if (error) {
    return absolute;
  }
  return canonical.has_filename() ? canonical : canonical.parent_path();
}

}  // namespace recover

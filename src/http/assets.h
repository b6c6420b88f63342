// The files of web/, built into the program.
#pragma once

#include <string_view>

namespace recover {

struct Asset {
  std::string_view name;  ///< "docs.html"
  std::string_view content_type;
  std::string_view bytes;
};

/// Null when there is none of that name.
const Asset* FindAsset(std::string_view name);

}  // namespace recover

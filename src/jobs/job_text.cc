#include "jobs/job_text.h"

#include "base/json.h"

namespace recover {
namespace {

constexpr size_t kMaxBytes = 255;
constexpr size_t kMaxExtension = 5;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// The writer of JSON puts U+FFFD in the place of what is no UTF-8.
std::string ValidUtf8(std::string_view bytes) {
  const Result<Json> json = ParseJson(DumpJson(Json(std::string(bytes))), "a name");
  return json && json->is_string() ? json->get<std::string>() : std::string();
}

/// Cuts between characters.
void CutTo(std::string& text, size_t most) {
  if (text.size() > most) {
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) {
      --most;
    }
    text.resize(most);
  }
}

std::string_view LastPart(std::string_view filename) {
  const size_t slash = filename.find_last_of("/\\");
  return slash == std::string_view::npos ? filename : filename.substr(slash + 1);
}

/// Up to the extension, if there is one.
std::string_view Stem(std::string_view name) {
  const size_t dot = name.rfind('.');
  const bool has_extension =
      dot != std::string_view::npos && dot > 0 && name.size() - dot - 1 <= kMaxExtension;
  return has_extension ? name.substr(0, dot) : name;
}

std::string WithExtension(std::string_view stem, FileFormat format) {
  return std::string(stem.empty() ? "image" : stem) + "." + std::string(DefaultExtension(format));
}

}  // namespace

std::string StoredFileName(std::string_view bytes, FileFormat format) {
  std::string clean;
  for (const char c : ValidUtf8(bytes.substr(0, 4 * kMaxBytes))) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      clean += kReplacement;
    } else {
      clean += c;
    }
  }
  CutTo(clean, kMaxBytes);
  return clean.empty() ? WithExtension("", format) : clean;
}

std::string InputFileName(std::string_view filename, FileFormat format) {
  const std::string_view name = LastPart(filename);
  return Stem(name).size() < name.size() ? std::string(name) : WithExtension(name, format);
}

std::string OutputFileName(std::string_view filename, FileFormat format) {
  return WithExtension(std::string(Stem(LastPart(filename))) + "-recovered", format);
}

}  // namespace recover

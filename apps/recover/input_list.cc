#include "input_list.h"

#include <glob.h>

#include <algorithm>
#include <array>
#include <set>
#include <system_error>

#include "base/atomic_file.h"
#include "base/strings.h"
#include "output_name.h"
#include "pipeline/path_identity.h"

namespace recover::cli {
namespace {

namespace fs = std::filesystem;

bool IsHidden(const fs::path& path) { return path.filename().string().starts_with("."); }

class Expander {
 public:
  Expander(bool recursive, const fs::path& skip_folder)
      : recursive_(recursive), skip_folder_(skip_folder.empty() ? "" : PathIdentity(skip_folder)) {}

  void AddWord(const std::string& word) {
    std::error_code error;
    if (word == "-") {
      AddFile("-", {});
    } else if (fs::is_directory(word, error)) {
      list_.has_folder = true;
      AddFolder(word);
    } else if (fs::exists(fs::symlink_status(word, error))) {
      AddFile(word, {});
    } else if (word.find_first_of("*?[") != std::string::npos) {
      AddGlob(word);
    } else {
      Fail(word, StatusCode::kNotFound, word + ": there is no such file or folder.");
    }
  }

  InputList Finish() {
    DropEarlierOutputs();
    return std::move(list_);
  }

 private:
  void Fail(const std::string& word, StatusCode code, const std::string& message) {
    list_.failures.push_back({word, Status(code, message)});
  }

  void AddFile(const fs::path& path, const fs::path& tree) {
    if (seen_.insert(path == "-" ? path : PathIdentity(path)).second) {
      list_.items.push_back({path, tree});
    }
  }

  void AddGlob(const std::string& pattern) {
    glob_t found{};
    const int rc = glob(pattern.c_str(), GLOB_TILDE, nullptr, &found);
    const std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    globfree(&found);
    if (rc != 0 || paths.empty()) {
      Fail(pattern, StatusCode::kNotFound, pattern + ": no file matches this pattern.");
    }
    for (const std::string& path : paths) {
      std::error_code error;
      if (fs::is_directory(path, error)) {
        list_.has_folder = true;
        AddFolder(path);
      } else if (!IsTemporaryName(path)) {
        AddFile(path, {});
      }
    }
  }

  void AddFolder(const fs::path& root) {
    const size_t before = list_.items.size();
    has_subfolder_ = false;
    ScanFolder(root, {});
    if (list_.items.size() == before && !seen_any_) {
      Fail(root.string(), StatusCode::kNotFound,
           root.string() + ": no pictures in this folder" +
               (has_subfolder_ && !recursive_ ? "; --recursive looks into its folders." : "."));
    }
  }

  void ScanFolder(const fs::path& folder, const fs::path& tree) {
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    if (error) {
      list_.failures.push_back({folder.string(), StatusFromErrno(error.value(), folder.string())});
      return;
    }
    std::vector<fs::directory_entry> sorted;
    for (; entries != fs::directory_iterator(); entries.increment(error)) {
      sorted.push_back(*entries);
      if (error) break;
    }
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
      return a.path().filename() < b.path().filename();
    });
    for (const fs::directory_entry& entry : sorted) {
      VisitEntry(entry, tree);
    }
  }

  void VisitEntry(const fs::directory_entry& entry, const fs::path& tree) {
    std::error_code error;
    const fs::path& path = entry.path();
    if (IsHidden(path)) {
      return;
    }
    if (entry.is_directory(error)) {
      has_subfolder_ = true;
      // Links to folders are not followed: they can form circles.
      if (recursive_ && !entry.is_symlink(error) && PathIdentity(path) != skip_folder_) {
        ScanFolder(path, tree / path.filename());
      }
    } else if (entry.is_regular_file(error) && HasPictureExtension(path)) {
      const size_t before = list_.items.size();
      AddFile(path, tree);
      seen_any_ = seen_any_ || list_.items.size() == before;
    }
  }

  void DropEarlierOutputs() {
    std::set<fs::path> sources;  // Folder and stem of each input.
    for (const InputItem& item : list_.items) {
      sources.insert(item.path.parent_path() / item.path.stem());
    }
    std::erase_if(list_.items, [&sources](const InputItem& item) {
      const std::string stem = item.path.stem().string();
      if (!stem.ends_with(kOutputSuffix) || stem.size() == kOutputSuffix.size()) {
        return false;
      }
      const std::string source = stem.substr(0, stem.size() - kOutputSuffix.size());
      return sources.count(item.path.parent_path() / source) != 0;
    });
  }

  bool recursive_;
  fs::path skip_folder_;
  bool has_subfolder_ = false;
  bool seen_any_ = false;  ///< A folder held pictures that were in the list already.
  std::set<fs::path> seen_;
  InputList list_;
};

}  // namespace

bool HasPictureExtension(const fs::path& path) {
  constexpr std::array<std::string_view, 13> kExtensions = {
      ".jpg",  ".jpeg", ".jpe",  ".jfif", ".png",  ".tif", ".tiff",
      ".webp", ".heic", ".heif", ".hif",  ".avif", ".jxl"};
  const std::string extension = AsciiLower(path.extension().string());
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

InputList ExpandInputs(const std::vector<std::string>& words, bool recursive,
                       const fs::path& skip_folder) {
  Expander expander(recursive, skip_folder);
  for (const std::string& word : words) {
    expander.AddWord(word);
  }
  return expander.Finish();
}

}  // namespace recover::cli

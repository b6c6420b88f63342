// From the words on the command line to the list of pictures to work on.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"

namespace recover::cli {

/// One picture to work on.
struct InputItem {
  std::filesystem::path path;  ///< As the person would write it; "-" is standard input.
  /// Folder below the scanned one, to be kept under -o DIR; empty at its top and
  /// for files that were named one by one.
  std::filesystem::path tree;

  bool is_stdin() const { return path == "-"; }
};

/// What the words came to.
struct InputList {
  std::vector<InputItem> items;
  struct Failure {
    std::string word;
    Status status;
  };
  std::vector<Failure> failures;  ///< Words that name nothing.
  bool has_folder = false;        ///< A folder was among the words.
};

/// Files stay as they are named, whatever their extension. A folder gives the
/// pictures in it, by extension and in order of name; with `recursive` those of its
/// folders too. Hidden files, our temporaries and everything under `skip_folder`
/// (the output folder; may be empty) are passed over. A word that is no file but has
/// *, ? or [ is a glob. A path that comes up twice is taken once. An earlier output,
/// NAME-recovered.EXT, is passed over when NAME.* is in the list too.
InputList ExpandInputs(const std::vector<std::string>& words, bool recursive,
                       const std::filesystem::path& skip_folder);

/// True for the extensions of picture files that the decoder may know.
bool HasPictureExtension(const std::filesystem::path& path);

}  // namespace recover::cli

// The record of finished outputs, by which a batch goes on where it stopped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"

namespace recover {

/// A file as far as it can be told without reading it.
struct FileStamp {
  int64_t bytes = 0;
  int64_t modified_ns = 0;  ///< Since the Unix epoch.

  bool operator==(const FileStamp&) const = default;
};

/// Errors: those of stat. Thread-safe.
Result<FileStamp> StampOf(const std::filesystem::path& path);

/// What made an output.
struct FinishedRecord {
  std::string settings_sha256;  ///< Everything but the input that decides the bytes.
  FileStamp input;
  std::string input_sha256;
  FileStamp output;
};

/// The finished outputs of one folder. They are kept apart from the pictures, one
/// small file per output folder, a JSON object a line, only ever appended to: a line
/// that was cut short by a crash is passed over. Not thread-safe; several processes
/// may append to one journal.
class Journal {
 public:
  /// Reads what is there; a missing file is an empty journal.
  /// state_folder: see DefaultStateFolder(). output_folder: need not exist yet.
  static Journal Open(const std::filesystem::path& state_folder,
                      const std::filesystem::path& output_folder);

  /// The record of the output called `file_name`, if any; valid until Append.
  const FinishedRecord* Find(const std::string& file_name) const;

  /// Records an output just before it takes its place (a rename keeps its stamp), so
  /// that no crash leaves a finished output unknown.
  /// Errors: those of creating the folder and of writing.
  Status Append(const std::string& file_name, const FinishedRecord& record);

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::map<std::string, FinishedRecord> records_;
};

/// RECOVER_STATE, else recover/ in XDG_STATE_HOME or ~/.local/state; nothing where
/// there is no home.
std::optional<std::filesystem::path> DefaultStateFolder();

}  // namespace recover

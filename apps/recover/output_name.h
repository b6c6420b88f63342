// Where each output goes and in which format.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/format.h"
#include "input_list.h"

namespace recover::cli {

inline constexpr std::string_view kOutputSuffix = "-recovered";

/// What -o and --format say for the whole call.
struct OutputRule {
  enum class Target { kBesideInput, kFolder, kFile, kStdout };

  Target target = Target::kBesideInput;
  std::filesystem::path path;        ///< The folder or the file.
  std::optional<FileFormat> format;  ///< Of --format, else of the file's extension.
};

/// Reads -o and --format. `output` is a folder when it is one, ends with /, or when
/// there are several inputs; "-" is standard output, also for standard input alone.
/// Errors: kInvalidArgument for an extension that names no format, several inputs
/// for one file, and a --format that the extension contradicts.
Result<OutputRule> ReadOutputRule(const std::optional<std::string>& output,
                                  const std::optional<std::string>& format,
                                  const InputList& inputs);

/// One output.
struct OutputName {
  std::filesystem::path path;  ///< "-" for standard output.
  FileFormat format = FileFormat::kJpeg;
};

/// Without a rule, an output has its input's format where this build writes it, else
/// JPEG, or PNG for pictures with transparency.
OutputName NameOutput(const OutputRule& rule, const InputItem& input, FileFormat input_format,
                      bool has_alpha);

/// Remembers who writes what, so that no output is written twice or over an input.
class OutputClaims {
 public:
  explicit OutputClaims(const InputList& inputs);

  /// Errors: kInvalidArgument when `output` is one of the inputs, kAlreadyExists when
  /// another input of this call writes it.
  Status Claim(const std::filesystem::path& output, const std::filesystem::path& input);

 private:
  std::map<std::filesystem::path, std::filesystem::path> inputs_;   ///< By identity.
  std::map<std::filesystem::path, std::filesystem::path> outputs_;  ///< To the input.
};

}  // namespace recover::cli

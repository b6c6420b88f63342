#include "output_name.h"

#include <system_error>

#include "base/strings.h"
#include "pipeline/path_identity.h"

namespace recover::cli {
namespace {

namespace fs = std::filesystem;

Status Usage(std::string message) { return {StatusCode::kInvalidArgument, std::move(message)}; }

Result<OutputRule> FileRule(const fs::path& path, std::optional<FileFormat> format) {
  const std::string extension = path.extension().string();
  if (extension.empty() && !format) {
    return Usage("-o " + path.string() +
                 ": end it with / for a folder, or give the file an extension such as .jpg.");
  }
  const auto named = extension.empty() ? Result<FileFormat>(*format) : ParseFormatName(extension);
  if (!named && !format) {
    return Usage("-o " + path.string() + ": " + named.error().message());
  }
  if (named && format && *named != *format) {
    return Usage("-o " + path.string() + " and --format " + std::string(DefaultExtension(*format)) +
                 " contradict each other.");
  }
  return OutputRule{OutputRule::Target::kFile, path, format ? *format : *named};
}

FileFormat HabitFormat(FileFormat input_format, bool has_alpha) {
  if (CanEncode(input_format) && input_format != FileFormat::kHeic) {
    return input_format;
  }
  return has_alpha ? FileFormat::kPng : FileFormat::kJpeg;
}

/// The input's own extension when it says the right thing ("JPG", "jpeg"), else the usual one.
std::string ExtensionFor(const fs::path& input, FileFormat format) {
  const std::string extension = input.extension().string();
  if (extension.size() > 1) {
    if (const auto named = ParseFormatName(extension); named && *named == format) {
      return extension;
    }
  }
  return "." + std::string(DefaultExtension(format));
}

}  // namespace

Result<OutputRule> ReadOutputRule(const std::optional<std::string>& output,
                                  const std::optional<std::string>& format,
                                  const InputList& inputs) {
  OutputRule rule;
  if (format) {
    RECOVER_ASSIGN_OR_RETURN(rule.format, ParseFormatName(*format));
    if (!CanEncode(*rule.format)) {
      return Status(StatusCode::kUnsupportedFormat,
                    "--format " + *format + ": the installed libvips cannot write " +
                        std::string(FileFormatName(*rule.format)) + ".");
    }
  }
  const size_t count = inputs.items.size() + inputs.failures.size();
  const bool is_stdin_alone =
      count == 1 && inputs.items.size() == 1 && inputs.items.front().is_stdin();
  if (!output && is_stdin_alone) {
    rule.target = OutputRule::Target::kStdout;
    return rule;
  }
  if (!output) {
    return rule;
  }
  if (*output == "-") {
    if (count > 1 || inputs.has_folder) {
      return Usage("-o -: standard output takes one picture, not several.");
    }
    rule.target = OutputRule::Target::kStdout;
    return rule;
  }
  const fs::path path = *output;
  std::error_code error;
  const bool is_folder = fs::is_directory(path, error);
  if (is_folder || output->ends_with("/")) {
    rule.target = OutputRule::Target::kFolder;
    rule.path = path;
    return rule;
  }
  if (count > 1 || inputs.has_folder) {
    if (fs::exists(path, error)) {
      return Usage("-o " + *output + " is a file, and there is more than one input.");
    }
    if (path.has_extension() && ParseFormatName(path.extension().string())) {
      return Usage("-o " + *output +
                   ": one file for several inputs; name a folder instead (end it with /).");
    }
    rule.target = OutputRule::Target::kFolder;
    rule.path = path;
    return rule;
  }
  return FileRule(path, rule.format);
}

OutputName NameOutput(const OutputRule& rule, const InputItem& input, FileFormat input_format,
                      bool has_alpha) {
  const FileFormat format = rule.format ? *rule.format : HabitFormat(input_format, has_alpha);
  switch (rule.target) {
    case OutputRule::Target::kStdout:
      return {"-", format};
    case OutputRule::Target::kFile:
      return {rule.path, format};
    default:
      break;
  }
  const std::string stem = input.is_stdin() ? "stdin" : input.path.stem().string();
  const fs::path name = stem + std::string(kOutputSuffix) + ExtensionFor(input.path, format);
  if (rule.target == OutputRule::Target::kFolder) {
    return {(rule.path / input.tree / name).lexically_normal(), format};
  }
  return {input.path.parent_path() / name, format};
}

OutputClaims::OutputClaims(const InputList& inputs) {
  for (const InputItem& item : inputs.items) {
    if (!item.is_stdin()) {
      inputs_.emplace(PathIdentity(item.path), item.path);
    }
  }
}

Status OutputClaims::Claim(const fs::path& output, const fs::path& input) {
  if (output == "-") {
    return Status::Ok();
  }
  const fs::path identity = PathIdentity(output);
  if (const auto found = inputs_.find(identity); found != inputs_.end()) {
    return {StatusCode::kInvalidArgument,
            "The output " + output.string() + " is an input too; inputs are never written over."};
  }
  // Two names of one file (hard links) are seen by the system alone.
  std::error_code error;
  if (input != "-" && fs::equivalent(output, input, error) && !error) {
    return {StatusCode::kInvalidArgument,
            "The output " + output.string() + " is the input itself under another name."};
  }
  const auto [other, is_new] = outputs_.emplace(identity, input);
  if (!is_new) {
    return {StatusCode::kAlreadyExists, "The output " + output.string() + " is already that of " +
                                            other->second.string() +
                                            "; run them one by one with -o, or rename one."};
  }
  return Status::Ok();
}

}  // namespace recover::cli

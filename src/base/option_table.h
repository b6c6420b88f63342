// The one table of options. The command line, its help, the man page, the bash
// completion, the environment, the config file and docs/command-line.md all come
// from it, so that a name, a range or a default is written down once.
//
// A value is looked for in this order: flag, environment, config file, default.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace recover {

/// How the text of a value is read.
enum class OptionKind {
  kSwitch,   ///< No value on the command line; true/false elsewhere.
  kInteger,  ///< A whole number from min to max.
  kNumber,   ///< A decimal number from min to max.
  kChoice,   ///< One of `choices`.
  kBytes,    ///< Bytes, with K, M, G meaning 1024, 1024^2, 1024^3 ("512M").
  kCount,    ///< A count, with K, M, G meaning 1000, 10^6, 10^9 ("24M").
  kText,     ///< Any text.
  kFile,     ///< A path; completed as one.
  kFolder,   ///< A path of a folder; completed as one.
};

/// Headings of the help, in this order.
enum class OptionGroup {
  kOutput,
  kSize,
  kRestoration,
  kBatch,
  kServer,
  kAccess,
  kKeys,
  kMachine,
  kLimits,
  kReports,
};

/// One option. Texts are static. A text ends without a full stop.
struct OptionSpec {
  std::string_view name = {};  ///< "crop-to-fill": the flag without dashes, the config name.
  char letter = 0;             ///< 'o' for -o; 0 for none.
  OptionKind kind = OptionKind::kText;
  OptionGroup group = OptionGroup::kOutput;
  std::string_view commands = {};       ///< Space-separated subcommands that take it.
  std::string_view value_name = {};     ///< "PX" in the help; "" for switches.
  std::string_view help = {};           ///< What it does, one line.
  std::string_view default_value = {};  ///< Read like any other value; "" = not set.
  std::string_view default_text = {};   ///< Shown in place of default_value where set.
  double min = 0;
  double max = 0;
  std::string_view max_text = {};  ///< Exact text of max where a double cannot hold it.
  std::string_view choices = {};   ///< "auto|cpu|gpu".
  std::string_view unit = {};      ///< "pixels".
  std::string_view low_end = {};   ///< What the low end means.
  std::string_view high_end = {};  ///< What the high end means.
  bool in_short_help = false;
  /// May come from the environment and the config file too. False for what
  /// belongs to one call (-o, --dry-run).
  bool is_lasting = true;
};

/// One subcommand, for help, man page and completion.
struct CommandSpec {
  std::string_view name;
  std::string_view arguments;  ///< "INPUT..."
  std::string_view summary;    ///< One line.
  bool in_short_help = true;
  /// Started by the program itself, not by people: in no help and no completion.
  bool is_internal = false;
};

std::span<const OptionSpec> OptionTable();
std::span<const CommandSpec> CommandTable();

/// The options that `command` takes, in the order of the table.
std::vector<const OptionSpec*> OptionsOf(std::string_view command);

/// Null when the table has no such name.
const OptionSpec* FindOption(std::string_view name);

/// "Output", "Size" ...
std::string_view OptionGroupTitle(OptionGroup group);

/// "RECOVER_CROP_TO_FILL".
std::string EnvironmentName(const OptionSpec& option);

/// "1 (faithful) to 9 (inventive)", "auto, cpu or gpu"; "" where anything goes.
std::string AllowedText(const OptionSpec& option);

/// The choices as separate words; empty for other kinds.
std::vector<std::string_view> ChoicesOf(const OptionSpec& option);

using OptionValue = std::variant<bool, int64_t, double, std::string>;

/// Reads one value. `written_as` is how the person wrote it ("--quality 200",
/// "RECOVER_QUALITY=200") and opens the sentence of an error.
/// Errors: kInvalidArgument naming option, value and range.
Result<OptionValue> ParseOptionValue(const OptionSpec& option, std::string_view text,
                                     std::string_view written_as);

/// Reads "512M", "1.5 GiB", "300000"; `unit_step` is 1024 or 1000. Nothing when it
/// is no such number or above 2^63-1.
std::optional<int64_t> ParseMagnitude(std::string_view text, int64_t unit_step);

/// Where a value came from.
enum class OptionSource { kDefault, kConfig, kEnvironment, kFlag };

/// The values of one call, read and checked. A value type. Thread-compatible.
class OptionValues {
 public:
  /// Each name must be in the table and of that kind (a caller's mistake otherwise).
  bool Switch(std::string_view name) const;
  std::optional<int64_t> Integer(std::string_view name) const;
  std::optional<double> Number(std::string_view name) const;
  std::optional<std::string> Text(std::string_view name) const;

  bool Has(std::string_view name) const { return values_.count(std::string(name)) != 0; }
  /// kDefault where nothing was given.
  OptionSource SourceOf(std::string_view name) const;

  void Set(std::string_view name, OptionValue value, OptionSource source);

 private:
  struct Entry {
    OptionValue value;
    OptionSource source;
  };
  template <typename T>
  std::optional<T> Get(std::string_view name) const;

  std::map<std::string, Entry> values_;
};

/// What the person gave, as text.
struct OptionInputs {
  std::map<std::string, std::string> flags;   ///< By option name; a switch's text is "true".
  std::map<std::string, std::string> config;  ///< By option name.
  std::string config_path;                    ///< For the sentences of errors.
  /// Value of an environment variable; nothing when it is not set.
  std::function<std::optional<std::string>(const std::string&)> environment;
};

/// Flag beats environment beats config beats default, for each option of `command`.
/// Values of options that belong to other commands are ignored.
/// Errors: kInvalidArgument for the first bad value.
Result<OptionValues> ResolveOptions(std::string_view command, const OptionInputs& inputs);

/// Reads a config file's text: one `name = value` a line, `#` starts a comment.
/// Errors: kInvalidArgument naming `path` and the line, for a line of another
/// shape, an unknown name, a name given twice, or one that belongs to a single call.
Result<std::map<std::string, std::string>> ParseConfig(std::string_view text,
                                                       std::string_view path);

}  // namespace recover

// The command line, taken apart by CLI11 along the option table.
#pragma once

#include <string>
#include <vector>

#include "base/option_table.h"
#include "base/result.h"

namespace recover::cli {

/// What was typed.
struct CommandLine {
  enum class Wish { kRun, kShortHelp, kFullHelp, kCommandHelp, kVersion };

  Wish wish = Wish::kRun;
  std::string command;             ///< A name of the command table; may be empty for help.
  std::vector<std::string> words;  ///< Inputs.
  OptionInputs options;            ///< Flags alone so far.
};

/// arguments: without the program's name.
/// Errors: kInvalidArgument saying what is wrong and where help is.
Result<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments);

/// Adds environment and config file and settles each option of the command.
/// Errors: kInvalidArgument for a bad value anywhere, and those of reading a config
/// file that was named; the usual one may be missing.
Result<OptionValues> SettleOptions(CommandLine command_line);

}  // namespace recover::cli

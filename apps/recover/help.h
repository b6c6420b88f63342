// Help, manual page, Markdown reference and bash completion: all from the tables
// of base/option_table.h and exit_codes.h.
#pragma once

#include <string>
#include <string_view>

#include "base/option_table.h"

namespace recover::cli {

/// What a newcomer needs, on one screen.
std::string ShortHelp();

/// Every command, option, variable and exit code.
std::string FullHelp();

/// The options of one command.
std::string CommandHelp(const CommandSpec& command);

/// The man page recover(1), in roff with the man macros.
std::string ManPage();

/// The tables of docs/command-line.md.
std::string MarkdownReference();

/// A bash script that completes commands, options, choices and files.
std::string BashCompletion();

/// "-o, --output FILE|DIR".
std::string FlagText(const OptionSpec& option);

/// What stands behind the help line: allowed values, then the default; "" for switches.
std::string DetailText(const OptionSpec& option);

}  // namespace recover::cli

// The subcommands. Each prints and returns the program's exit code.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/option_table.h"
#include "base/status.h"

namespace recover::cli {

int RunEnhance(const OptionValues& options, const std::vector<std::string>& words,
               const std::stop_token& stop);
int RunInfo(const OptionValues& options, const std::vector<std::string>& words);
int RunModels(const OptionValues& options);
int RunServe(const OptionValues& options);
int RunKeys(const OptionValues& options, const std::vector<std::string>& words);
int RunWorkerCommand(const OptionValues& options);

/// Prints "recover: <sentence>" to standard error; returns the status's exit code.
int Complain(const Status& status);

/// Prints to standard output, whole. A reader that went away is kIoError.
int Say(const std::string& text);

}  // namespace recover::cli

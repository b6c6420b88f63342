// recover: the program.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/version.h"
#include "command_line.h"
#include "commands.h"
#include "help.h"
#include "interrupts.h"

namespace recover::cli {

namespace {

int RunCompletion(const std::vector<std::string>& words) {
  if (words.size() != 1 || words[0] != "bash") {
    return Complain(
        {StatusCode::kInvalidArgument, "There is a completion for bash: recover completion bash."});
  }
  return Say(BashCompletion());
}

int RunMan(const std::vector<std::string>& words) {
  if (words.empty()) {
    return Say(ManPage());
  }
  if (words.size() == 1 && words[0] == "markdown") {
    return Say(MarkdownReference());
  }
  return Complain({StatusCode::kInvalidArgument, "As in: recover man | man -l -"});
}

const CommandSpec& FindCommand(const std::string& name) {
  for (const CommandSpec& command : CommandTable()) {
    if (command.name == name) return command;
  }
  return CommandTable().front();
}

int RunCommand(const CommandLine& line) {
  if (line.command == "completion") return RunCompletion(line.words);
  if (line.command == "man") return RunMan(line.words);
  const auto options = SettleOptions(line);
  if (!options) return Complain(options.error());
  if (line.command == "info") return RunInfo(*options, line.words);
  if (line.command == "models") return RunModels(*options);
  if (line.command == "serve") return RunServe(*options);
  if (line.command == "keys") return RunKeys(*options, line.words);
  if (line.command == "worker") return RunWorkerCommand(*options);
  // Before any other thread: they inherit which signals are blocked.
  const Interrupts interrupts;
  return RunEnhance(*options, line.words, interrupts.token());
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    std::fputs(ShortHelp().c_str(), stderr);
    return ExitCodeOf(StatusCode::kInvalidArgument);
  }
  const auto line = ParseCommandLine(arguments);
  if (!line) return Complain(line.error());
  switch (line->wish) {
    case CommandLine::Wish::kVersion:
      return Say("recover " + std::string(kVersion) + "\n");
    case CommandLine::Wish::kShortHelp:
      return Say(ShortHelp());
    case CommandLine::Wish::kFullHelp:
      return Say(FullHelp());
    case CommandLine::Wish::kCommandHelp:
      return Say(CommandHelp(FindCommand(line->command)));
    case CommandLine::Wish::kRun:
      return RunCommand(*line);
  }
  return 0;
}

}  // namespace
}  // namespace recover::cli

int main(int argc, char** argv) {
  try {
    return recover::cli::Main(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::bad_alloc&) {
    return recover::cli::Complain({recover::StatusCode::kTooLarge, "Out of memory."});
  } catch (const std::exception& error) {
    return recover::cli::Complain({recover::StatusCode::kInternal, error.what()});
  }
}

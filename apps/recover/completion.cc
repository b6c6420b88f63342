// The bash completion, from the tables.
#include <string>

#include "help.h"

namespace recover::cli {
namespace {

std::string FlagWords(std::string_view command) {
  std::string words;
  for (const OptionSpec* option : OptionsOf(command)) {
    if (option->letter != 0) {
      words += std::string("-") + option->letter + " ";
    }
    words += "--" + std::string(option->name) + " ";
  }
  return words + "--help";
}

std::string Pattern(const OptionSpec& option) {
  std::string pattern = "--" + std::string(option.name);
  if (option.letter != 0) {
    pattern += std::string("|-") + option.letter;
  }
  return pattern;
}

/// What may stand behind an option that takes a value.
std::string ValueBranch(const OptionSpec& option) {
  std::string action;
  switch (option.kind) {
    case OptionKind::kChoice: {
      std::string words;
      for (const std::string_view choice : ChoicesOf(option)) {
        words += (words.empty() ? "" : " ") + std::string(choice);
      }
      action = "COMPREPLY=($(compgen -W '" + words + "' -- \"$current\"))";
      break;
    }
    case OptionKind::kFile:
      action = "_recover_paths -f";
      break;
    case OptionKind::kFolder:
      action = "_recover_paths -d";
      break;
    default:
      if (option.name == "model") {
        action =
            "COMPREPLY=($(compgen -W \"$(recover models --json 2>/dev/null |\n"
            "        sed -n 's/^ *\"name\": \"\\([a-z0-9-]*\\)\".*/\\1/p')\" -- \"$current\"))";
      } else {
        action = "COMPREPLY=()";
      }
  }
  return "    " + Pattern(option) + ")\n      " + action + "\n      return ;;\n";
}

}  // namespace

std::string BashCompletion() {
  std::string commands;
  for (const CommandSpec& command : CommandTable()) {
    if (!command.is_internal) commands += std::string(command.name) + " ";
  }
  commands.pop_back();

  std::string text =
      "# bash completion for recover; made by `recover completion bash`.\n"
      "_recover_paths() {\n"
      "  # Names with blanks stay whole: one completion a line.\n"
      "  local IFS=$'\\n'\n"
      "  compopt -o filenames 2>/dev/null\n"
      "  COMPREPLY=($(compgen \"$1\" -- \"$current\"))\n"
      "}\n"
      "_recover() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local command= word\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case $word in -*) ;; *) command=$word; break ;; esac\n"
      "  done\n"
      "  if [ -z \"$command\" ]; then\n"
      "    COMPREPLY=($(compgen -W '" +
      commands +
      " --help --help-all --version' -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case $previous in\n";
  for (const OptionSpec& option : OptionTable()) {
    if (option.kind != OptionKind::kSwitch) {
      text += ValueBranch(option);
    }
  }
  text += "  esac\n  case $current in\n    -*)\n      case $command in\n";
  for (const CommandSpec& command : CommandTable()) {
    if (command.is_internal) continue;
    text += "        " + std::string(command.name) + ") COMPREPLY=($(compgen -W '" +
            FlagWords(command.name) + "' -- \"$current\")) ;;\n";
  }
  text +=
      "      esac\n"
      "      return ;;\n"
      "  esac\n"
      "  case $command in\n"
      "    completion) COMPREPLY=($(compgen -W 'bash' -- \"$current\")) ;;\n"
      "    keys) COMPREPLY=($(compgen -W 'create list revoke grant' -- \"$current\")) ;;\n"
      "    enhance|info) _recover_paths -f ;;\n"
      "  esac\n"
      "}\n"
      "complete -F _recover recover\n";
  return text;
}

}  // namespace recover::cli

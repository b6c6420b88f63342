#include "help.h"

#include <algorithm>
#include <vector>

#include "base/version.h"
#include "exit_codes.h"

namespace recover::cli {
namespace {

constexpr size_t kFlagColumn = 26;
constexpr size_t kWidth = 96;

constexpr std::string_view kExamples =
    "  recover enhance old.jpg                    writes old-recovered.jpg beside it\n"
    "  recover enhance small.jpg -s 4 -o big.png  four times as wide and high\n"
    "  recover enhance -r photos/ -o restored/    a folder with its folders\n";

constexpr std::string_view kServeNotes =
    "  recover serve                   on http://127.0.0.1:8080, for this machine\n"
    "  recover serve --single-user     the same without a key\n"
    "  recover serve --listen 0.0.0.0:8080 --data /srv/recover\n"
    "                                  for the network; put a proxy with TLS in front\n"
    "\n"
    "The first start makes the data folder and a key, which it shows once. A picture is sent with\n"
    "  curl -H \"X-API-Key: rk_...\" -F image=@old.jpg \\\n"
    "       http://127.0.0.1:8080/image/v1/enhance-gen/async\n"
    "Ctrl-C or SIGTERM: running jobs may finish within --drain-seconds; a second one: at once.\n";

constexpr std::string_view kKeysNotes =
    "  recover keys create --name phone --credits 5000 --rate 10\n"
    "  recover keys list\n"
    "  recover keys grant phone --credits 1000\n"
    "  recover keys revoke phone\n"
    "\n"
    "A key is named by its name, its number or how it begins. A running server sees the change\n"
    "within a second.\n";

/// What a newcomer to the command needs beside its options.
std::string_view NotesOf(std::string_view command) {
  if (command == "serve") return kServeNotes;
  if (command == "keys") return kKeysNotes;
  return {};
}

/// Words of `text` in lines that start at `indent`; the first line is already there.
std::string Wrap(std::string_view text, size_t indent, size_t column) {
  std::string wrapped;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (column + end > kWidth && column > indent) {
      if (!wrapped.empty() && wrapped.back() == ' ') wrapped.pop_back();
      wrapped += "\n" + std::string(indent, ' ');
      column = indent;
    }
    wrapped += std::string(text.substr(0, end)) + (end < text.size() ? " " : "");
    column += end + 1;
    text = end < text.size() ? text.substr(end + 1) : std::string_view();
  }
  return wrapped;
}

std::string Row(const std::string& left, const std::string& right) {
  std::string row = "  " + left;
  if (row.size() + 2 > kFlagColumn) {
    row += "\n" + std::string(kFlagColumn, ' ');
  } else {
    row.append(kFlagColumn - row.size(), ' ');
  }
  return row + Wrap(right, kFlagColumn, kFlagColumn) + "\n";
}

std::string OptionRow(const OptionSpec& option) {
  const std::string detail = DetailText(option);
  std::string flag = FlagText(option);
  if (option.letter == 0) {
    flag.insert(0, "    ");
  }
  return Row(flag, std::string(option.help) + (detail.empty() ? "" : " [" + detail + "]"));
}

std::string CommandRows(bool all) {
  std::string text = "Commands\n";
  for (const CommandSpec& command : CommandTable()) {
    if (!command.is_internal && (all || command.in_short_help)) {
      const std::string name(command.name);
      const std::string arguments(command.arguments);
      text += Row(arguments.empty() ? name : name + " " + arguments, std::string(command.summary));
    }
  }
  return text;
}

std::string GroupedOptions(std::string_view command) {
  std::string text;
  OptionGroup group{};
  for (const OptionSpec* option : OptionsOf(command)) {
    if (text.empty() || option->group != group) {
      group = option->group;
      text += "\n" + std::string(OptionGroupTitle(group)) + "\n";
    }
    text += OptionRow(*option);
  }
  return text;
}

std::string ExitCodeRows() {
  std::string text = "\nExit codes\n";
  for (const ExitCodeRow& row : ExitCodes()) {
    text += Row(std::to_string(row.code), std::string(row.meaning));
  }
  return text;
}

}  // namespace

std::string FlagText(const OptionSpec& option) {
  std::string text;
  if (option.letter != 0) {
    text = std::string("-") + option.letter + ", ";
  }
  text += "--" + std::string(option.name);
  if (!option.value_name.empty()) {
    text += " " + std::string(option.value_name);
  }
  return text;
}

std::string DetailText(const OptionSpec& option) {
  std::string text = AllowedText(option);
  const std::string_view value =
      option.default_text.empty() ? option.default_value : option.default_text;
  if (!value.empty()) {
    text += (text.empty() ? "default: " : "; default: ") + std::string(value);
  }
  return text;
}

std::string ShortHelp() {
  std::string text = "recover " + std::string(kVersion) +
                     ": restores and enlarges photographs, on your own machine.\n\n"
                     "Usage: recover enhance INPUT... [options]\n\n" +
                     std::string(kExamples) + "\n" + CommandRows(false) +
                     "\nMain options of enhance\n";
  for (const OptionSpec* option : OptionsOf("enhance")) {
    if (option->in_short_help) {
      text += OptionRow(*option);
    }
  }
  text += "\nrecover --help-all lists every option, the config file and the exit codes.\n";
  return text;
}

std::string CommandHelp(const CommandSpec& command) {
  const std::string name(command.name);
  std::string text = "Usage: recover " + name;
  if (!command.arguments.empty()) {
    text += " " + std::string(command.arguments);
  }
  text += OptionsOf(command.name).empty() ? "\n\n" : " [options]\n\n";
  std::string summary(command.summary);
  summary[0] = static_cast<char>(summary[0] - 'a' + 'A');
  text += Wrap(summary, 0, 0) + ".\n";
  if (const std::string_view notes = NotesOf(name); !notes.empty()) {
    text += "\n" + std::string(notes);
  }
  text += GroupedOptions(command.name);
  if (name == "enhance" || name == "serve") {
    text += "\nrecover --help-all adds the environment, the config file and the exit codes.\n";
  }
  return text;
}

std::string FullHelp() {
  std::string text = "recover " + std::string(kVersion) +
                     ": restores and enlarges photographs, on your own machine.\n\n" +
                     "Usage: recover COMMAND [ARGUMENTS] [options]\n\n" + std::string(kExamples) +
                     "\n" + CommandRows(true);
  for (const CommandSpec& command : CommandTable()) {
    if (!command.is_internal && !OptionsOf(command.name).empty()) {
      text += "\nOptions of " + std::string(command.name) + "\n" + GroupedOptions(command.name);
    }
  }
  text +=
      "\nEnvironment and config file\n"
      "  A flag beats the environment, which beats the config file, which beats the default.\n"
      "  The variable of --crop-to-fill is RECOVER_CROP_TO_FILL=true, and so on for:\n";
  std::string names = "  ";
  for (const OptionSpec& option : OptionTable()) {
    if (option.is_lasting) {
      names += EnvironmentName(option) + " ";
    }
  }
  names.pop_back();
  text += Wrap(names, 2, 0) + "\n";
  text +=
      "  The config file is --config, else RECOVER_CONFIG, else recover/config in\n"
      "  XDG_CONFIG_HOME or ~/.config. Its lines read name = value; # starts a comment.\n"
      "  What is finished is remembered in recover/ of XDG_STATE_HOME or ~/.local/state\n"
      "  (RECOVER_STATE names another folder), so that a batch goes on where it stopped.\n";
  return text + ExitCodeRows();
}

}  // namespace recover::cli

// The manual page and the Markdown tables, from the same rows as the help.
#include <string>

#include "base/version.h"
#include "exit_codes.h"
#include "help.h"

namespace recover::cli {
namespace {

/// Text that roff takes literally.
std::string Roff(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else if ((c == '.' || c == '\'') && escaped.empty()) {
      escaped += std::string("\\&") + c;
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string RoffOption(const OptionSpec& option) {
  std::string text = ".TP\n";
  if (option.letter != 0) {
    text += std::string("\\fB\\-") + option.letter + "\\fR, ";
  }
  text += "\\fB" + Roff("--" + std::string(option.name)) + "\\fR";
  if (!option.value_name.empty()) {
    text += " \\fI" + Roff(option.value_name) + "\\fR";
  }
  text += "\n" + Roff(option.help) + ".\n";
  if (const std::string allowed = AllowedText(option); !allowed.empty()) {
    text += "Allowed: " + Roff(allowed) + ".\n";
  }
  const std::string_view value =
      option.default_text.empty() ? option.default_value : option.default_text;
  if (!value.empty()) {
    text += "Default: " + Roff(value) + ".\n";
  }
  if (option.is_lasting) {
    text += "Variable: \\fB" + Roff(EnvironmentName(option)) + "\\fR.\n";
  }
  return text;
}

constexpr std::string_view kDescription =
    "\\fBrecover\\fR restores photographs and enlarges them with a neural network that runs on\n"
    "this machine; nothing is sent anywhere. At low \\fIcreativity\\fR it is faithful to what the\n"
    "picture shows, at high creativity it makes up plausible detail.\n"
    ".PP\n"
    "An output appears whole or not at all. A batch carries on past a bad file and ends with a\n"
    "table and an exit code; run again, it skips what the same settings have finished.\n"
    "The same picture, settings and seed give the same bytes on one machine, whatever\n"
    "\\fB\\-\\-threads\\fR and \\fB\\-\\-memory\\fR say.\n"
    ".PP\n"
    "\\fBrecover serve\\fR does the same for programs that ask over HTTP. Its first start makes a "
    "key and\n"
    "shows it once; \\fBrecover keys\\fR manages keys beside a running server. SIGTERM lets "
    "running jobs\n"
    "finish; jobs that are not finished run again after the next start.\n";

constexpr std::string_view kExamples =
    ".TP\nRestore a picture at its own size:\n.B recover enhance old.jpg\n"
    ".TP\nFour times as wide and high, as PNG:\n.B recover enhance small.jpg \\-s 4 \\-o big.png\n"
    ".TP\nA tree of folders, but first say what that would take:\n"
    ".B recover enhance \\-r photos/ \\-o restored/ \\-\\-dry\\-run\n"
    ".TP\nServe the HTTP API on this machine:\n.B recover serve\n"
    ".TP\nMake a key with 5000 credits:\n"
    ".B recover keys create \\-\\-name phone \\-\\-credits 5000\n"
    ".TP\nIn a pipe:\n.B recover enhance \\- \\-\\-format png < in.jpg > out.png\n";

std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    cell += c == '|' ? std::string("\\|") : std::string(1, c);
  }
  return cell;
}

}  // namespace

std::string ManPage() {
  std::string text = ".TH RECOVER 1 \"\" \"recover " + std::string(kVersion) +
                     "\" \"User Commands\"\n.SH NAME\nrecover \\- restore and enlarge photographs\n"
                     ".SH SYNOPSIS\n";
  for (const CommandSpec& command : CommandTable()) {
    if (command.is_internal) continue;
    text += std::string(command.name == CommandTable().front().name ? "" : ".br\n") +
            "\\fBrecover " + Roff(command.name) + "\\fR \\fI" + Roff(command.arguments) + "\\fR" +
            (OptionsOf(command.name).empty() ? "" : " [options]") + "\n";
  }
  text += ".SH DESCRIPTION\n" + std::string(kDescription) + ".SH COMMANDS\n";
  for (const CommandSpec& command : CommandTable()) {
    if (command.is_internal) continue;
    text += ".TP\n\\fB" + Roff(command.name) + "\\fR\n" + Roff(command.summary) + ".\n";
  }
  text += ".SH OPTIONS\n";
  OptionGroup group{};
  bool first = true;
  for (const OptionSpec& option : OptionTable()) {
    if (first || option.group != group) {
      group = option.group;
      first = false;
      text += ".SS " + std::string(OptionGroupTitle(group)) + "\n";
    }
    text += RoffOption(option);
  }
  text +=
      ".SH FILES\n.TP\n.I ~/.config/recover/config\nSettings, one name = value a line; # starts a "
      "comment.\nA flag beats the environment, which beats this file.\nThe variable "
      "\\fBRECOVER_CONFIG\\fR names another file.\n.TP\n.I ~/.local/state/recover/\nWhat is "
      "finished. The variable \\fBRECOVER_STATE\\fR names another folder.\n.TP\n.I "
      "~/.local/share/recover/server/\nJobs, keys and pictures of recover serve.\n.SH EXIT "
      "STATUS\n";
  for (const ExitCodeRow& row : ExitCodes()) {
    text += ".TP\n.B " + std::to_string(row.code) + "\n" + Roff(row.meaning) + "\n";
  }
  return text + ".SH EXAMPLES\n" + std::string(kExamples);
}

std::string MarkdownReference() {
  std::string text;
  OptionGroup group{};
  bool first = true;
  for (const OptionSpec& option : OptionTable()) {
    if (first || option.group != group) {
      group = option.group;
      first = false;
      text +=
          "\n### " + std::string(OptionGroupTitle(group)) +
          "\n\n| option | what it does | allowed | default | variable |\n|---|---|---|---|---|\n";
    }
    const std::string_view value =
        option.default_text.empty() ? option.default_value : option.default_text;
    text += "| `" + Cell(FlagText(option)) + "` | " + Cell(option.help) + " | " +
            Cell(AllowedText(option)) + " | " + Cell(value) + " | " +
            (option.is_lasting ? "`" + EnvironmentName(option) + "`" : "") + " |\n";
  }
  text += "\n### Exit codes\n\n| code | meaning |\n|---|---|\n";
  for (const ExitCodeRow& row : ExitCodes()) {
    text += "| " + std::to_string(row.code) + " | " + std::string(row.meaning) + " |\n";
  }
  return text;
}

}  // namespace recover::cli

#include "command_line.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include <CLI/CLI.hpp>

#include "base/env.h"
#include "input_list.h"

namespace recover::cli {
namespace {

constexpr int64_t kMaxConfigBytes = 1 << 20;

/// Where CLI11 puts what it reads of one subcommand.
struct CommandSlots {
  std::map<std::string, std::string> values;
  std::vector<std::string> words;
  bool help = false;
  bool help_all = false;
};

std::optional<std::string> Variable(const std::string& name) {
  const char* text = std::getenv(name.c_str());
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

CLI::App* AddCommand(CLI::App& app, const CommandSpec& command, CommandSlots& slots) {
  CLI::App* sub = app.add_subcommand(std::string(command.name), std::string(command.summary));
  sub->set_help_flag();
  sub->add_flag("-h,--help", slots.help);
  sub->add_flag("--help-all", slots.help_all);
  for (const OptionSpec* option : OptionsOf(command.name)) {
    std::string names = "--" + std::string(option->name);
    if (option->letter != 0) {
      names += std::string(",-") + option->letter;
    }
    std::string& value = slots.values[std::string(option->name)];
    CLI::Option* added = option->kind == OptionKind::kSwitch ? sub->add_flag(names, value)
                                                             : sub->add_option(names, value);
    added->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  if (!command.arguments.empty()) {
    sub->add_option("words", slots.words);
  }
  return sub;
}

/// CLI11's own sentence, ours around it.
Status UsageError(const std::string& message, const std::string& command) {
  return {StatusCode::kInvalidArgument, message + (message.ends_with(".") ? "" : ".") +
                                            "\nrecover " + (command.empty() ? "" : command + " ") +
                                            "--help says what there is."};
}

Status UnknownCommand(const std::string& word) {
  std::error_code error;
  const bool is_input = std::filesystem::exists(word, error) || HasPictureExtension(word);
  return UsageError("\"" + word + "\" is no command." +
                        (is_input ? " Did you mean: recover enhance " + word : ""),
                    "");
}

bool IsCommand(const std::string& word) {
  const auto commands = CommandTable();
  return std::any_of(commands.begin(), commands.end(),
                     [&word](const CommandSpec& command) { return command.name == word; });
}

CommandLine Collect(const CLI::App& sub, CommandSlots& slots) {
  CommandLine line;
  line.command = sub.get_name();
  line.words = std::move(slots.words);
  for (const OptionSpec* option : OptionsOf(line.command)) {
    const std::string name(option->name);
    if (sub.count("--" + name) > 0) {
      line.options.flags[name] = slots.values[name];
    }
  }
  if (slots.help) line.wish = CommandLine::Wish::kCommandHelp;
  if (slots.help_all) line.wish = CommandLine::Wish::kFullHelp;
  return line;
}

/// The path of the config file and whether it must be there.
std::pair<std::filesystem::path, bool> ConfigPath(const OptionInputs& options) {
  if (const auto flag = options.flags.find("config"); flag != options.flags.end()) {
    return {flag->second, true};
  }
  if (const auto path = Variable("RECOVER_CONFIG"); path && !path->empty()) return {*path, true};
  if (const auto folder = Variable("XDG_CONFIG_HOME"); folder && !folder->empty()) {
    return {std::filesystem::path(*folder) / "recover" / "config", false};
  }
  if (const auto home = Variable("HOME"); home && !home->empty()) {
    return {std::filesystem::path(*home) / ".config" / "recover" / "config", false};
  }
  return {{}, false};
}

}  // namespace

Result<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && !arguments[0].starts_with("-") && !IsCommand(arguments[0])) {
    return UnknownCommand(arguments[0]);
  }
  std::map<std::string, CommandSlots> slots;
  bool help = false;
  bool help_all = false;
  bool version = false;
  std::string command;
  try {
    CLI::App app("recover");
    app.set_help_flag();
    app.add_flag("-h,--help", help);
    app.add_flag("--help-all", help_all);
    app.add_flag("--version,-V", version);
    app.require_subcommand(0, 1);
    std::map<std::string, CLI::App*> subs;
    for (const CommandSpec& spec : CommandTable()) {
      const std::string name(spec.name);
      subs[name] = AddCommand(app, spec, slots[name]);
    }
    for (const auto& [name, sub] : subs) {
      if (!arguments.empty() && arguments[0] == name) command = name;
    }
    // CLI11 takes the words from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    for (const auto& [name, sub] : subs) {
      if (sub->parsed()) return Collect(*sub, slots[name]);
    }
  } catch (const CLI::Error& error) {
    return UsageError(error.what(), command);
  }
  CommandLine line;
  line.wish = version    ? CommandLine::Wish::kVersion
              : help_all ? CommandLine::Wish::kFullHelp
                         : CommandLine::Wish::kShortHelp;
  if (!version && !help_all && !help) {
    return UsageError("What is to be done? For one picture: recover enhance PHOTO.jpg", "");
  }
  return line;
}

Result<OptionValues> SettleOptions(CommandLine command_line) {
  OptionInputs inputs = std::move(command_line.options);
  inputs.environment = Variable;
  const auto [path, is_required] = ConfigPath(inputs);
  if (!path.empty()) {
    auto text = Env::Real().ReadFile(path, kMaxConfigBytes);
    if (text) {
      RECOVER_ASSIGN_OR_RETURN(inputs.config, ParseConfig(*text, path.string()));
      inputs.config_path = path.string();
    } else if (is_required || text.error().code() != StatusCode::kNotFound) {
      return text.error();
    }
  }
  return ResolveOptions(command_line.command, inputs);
}

}  // namespace recover::cli

// Reading option values from text and choosing between their sources.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/option_table.h"

namespace recover {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// "9", "0.05": without trailing zeros.
std::string NumberText(double number) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), number);
  std::string text(buffer, end.ptr);
  if (text.find('e') != std::string::npos) {
    text = std::to_string(static_cast<int64_t>(number));
  }
  return text;
}

/// "64M" for 64 * 1024^2 at a step of 1024; the plain number where no unit fits.
std::string MagnitudeText(double amount, int64_t step) {
  constexpr std::string_view kUnits[] = {"", "K", "M", "G", "T"};
  size_t unit = 0;
  const auto divisor = static_cast<double>(step);
  while (unit + 1 < std::size(kUnits) && amount >= divisor && std::fmod(amount, divisor) == 0) {
    amount /= divisor;
    ++unit;
  }
  return NumberText(amount) + std::string(kUnits[unit]);
}

std::string EndText(const OptionSpec& option, double end) {
  switch (option.kind) {
    case OptionKind::kBytes:
      return MagnitudeText(end, 1024);
    case OptionKind::kCount:
      return MagnitudeText(end, 1000);
    default:
      return NumberText(end);
  }
}

std::optional<bool> ParseSwitch(std::string_view text) {
  const std::string word = Lower(text);
  if (word == "true" || word == "1" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "0" || word == "no" || word == "off") return false;
  return std::nullopt;
}

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

bool InRange(const OptionSpec& option, double number) {
  return std::isfinite(number) && number >= option.min && number <= option.max;
}

std::string Noun(const OptionSpec& option) {
  switch (option.kind) {
    case OptionKind::kSwitch:
      return "true or false";
    case OptionKind::kInteger:
      return "a whole number from " + AllowedText(option);
    case OptionKind::kNumber:
      return "a number from " + AllowedText(option);
    case OptionKind::kBytes:
      return "a size such as 700M or 2G, from " + AllowedText(option);
    case OptionKind::kCount:
      return "a count such as 24M, from " + AllowedText(option);
    case OptionKind::kChoice:
      return "one of " + AllowedText(option);
    default:
      return "given";
  }
}

std::optional<OptionValue> ReadValue(const OptionSpec& option, std::string_view text) {
  switch (option.kind) {
    case OptionKind::kSwitch: {
      const auto on = ParseSwitch(text);
      return on ? std::optional<OptionValue>(*on) : std::nullopt;
    }
    case OptionKind::kInteger: {
      const auto number = ParseWhole<int64_t>(text);
      if (!number || !InRange(option, static_cast<double>(*number))) return std::nullopt;
      return OptionValue(*number);
    }
    case OptionKind::kNumber: {
      const auto number = ParseWhole<double>(text);
      if (!number || !InRange(option, *number)) return std::nullopt;
      return OptionValue(*number);
    }
    case OptionKind::kBytes:
    case OptionKind::kCount: {
      const auto amount = ParseMagnitude(text, option.kind == OptionKind::kBytes ? 1024 : 1000);
      if (!amount || !InRange(option, static_cast<double>(*amount))) return std::nullopt;
      return OptionValue(*amount);
    }
    case OptionKind::kChoice: {
      const std::string word = Lower(text);
      for (const std::string_view choice : ChoicesOf(option)) {
        if (word == choice) return OptionValue(word);
      }
      return std::nullopt;
    }
    default:
      if (text.empty()) return std::nullopt;
      return OptionValue(std::string(text));
  }
}

struct Given {
  std::string text;
  std::string written_as;
  OptionSource source;
};

std::optional<Given> FindGiven(const OptionSpec& option, const OptionInputs& inputs) {
  const std::string name(option.name);
  if (const auto flag = inputs.flags.find(name); flag != inputs.flags.end()) {
    const bool is_switch = option.kind == OptionKind::kSwitch;
    return Given{flag->second, "--" + name + (is_switch ? "" : " " + flag->second),
                 OptionSource::kFlag};
  }
  if (option.is_lasting && inputs.environment) {
    const std::string variable = EnvironmentName(option);
    if (auto text = inputs.environment(variable)) {
      // `RECOVER_X= recover ...` is how a shell takes a setting back.
      if (!text->empty()) {
        return Given{*text, variable + "=" + *text, OptionSource::kEnvironment};
      }
    }
  }
  if (const auto line = inputs.config.find(name); line != inputs.config.end()) {
    return Given{line->second, name + " = " + line->second + " in " + inputs.config_path,
                 OptionSource::kConfig};
  }
  if (!option.default_value.empty()) {
    return Given{std::string(option.default_value), "the default of --" + name,
                 OptionSource::kDefault};
  }
  return std::nullopt;
}

}  // namespace

std::string EnvironmentName(const OptionSpec& option) {
  std::string name = "RECOVER_";
  for (const char c : option.name) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::vector<std::string_view> ChoicesOf(const OptionSpec& option) {
  std::vector<std::string_view> choices;
  std::string_view rest = option.choices;
  while (!rest.empty()) {
    const size_t bar = rest.find('|');
    choices.push_back(rest.substr(0, bar));
    rest = bar == std::string_view::npos ? std::string_view() : rest.substr(bar + 1);
  }
  return choices;
}

std::string AllowedText(const OptionSpec& option) {
  if (option.kind == OptionKind::kChoice) {
    const auto choices = ChoicesOf(option);
    std::string text;
    for (size_t i = 0; i < choices.size(); ++i) {
      text += i == 0 ? "" : (i + 1 == choices.size() ? " or " : ", ");
      text += choices[i];
    }
    return text;
  }
  if (option.max <= option.min) {
    return {};
  }
  const auto with_meaning = [](std::string end, std::string_view meaning) {
    return meaning.empty() ? end : end + " (" + std::string(meaning) + ")";
  };
  const std::string high =
      option.max_text.empty() ? EndText(option, option.max) : std::string(option.max_text);
  std::string text = with_meaning(EndText(option, option.min), option.low_end) + " to " +
                     with_meaning(high, option.high_end);
  if (!option.unit.empty()) {
    text += " " + std::string(option.unit);
  }
  return text;
}

std::optional<int64_t> ParseMagnitude(std::string_view text, int64_t unit_step) {
  text = Trim(text);
  size_t digits = 0;
  while (digits < text.size() &&
         (std::isdigit(static_cast<unsigned char>(text[digits])) != 0 || text[digits] == '.')) {
    ++digits;
  }
  const auto number = ParseWhole<double>(text.substr(0, digits));
  if (!number) {
    return std::nullopt;
  }
  // "M", "MB", "MiB", "MP" (megapixels) and "Mpx" all end up as "m".
  std::string unit = Lower(Trim(text.substr(digits)));
  for (const std::string_view ending : {"ib", "b", "px", "p"}) {
    if (unit.size() >= ending.size() &&
        unit.compare(unit.size() - ending.size(), ending.size(), ending) == 0) {
      unit.resize(unit.size() - ending.size());
      break;
    }
  }
  double amount = *number;
  if (!unit.empty()) {
    const size_t power = std::string_view("kmgt").find(unit);
    if (unit.size() != 1 || power == std::string_view::npos) {
      return std::nullopt;
    }
    amount *= std::pow(static_cast<double>(unit_step), static_cast<double>(power + 1));
  }
  if (!(amount < 9.2e18)) {
    return std::nullopt;
  }
  return std::llround(amount);
}

Result<OptionValue> ParseOptionValue(const OptionSpec& option, std::string_view text,
                                     std::string_view written_as) {
  if (auto value = ReadValue(option, Trim(text))) {
    return *std::move(value);
  }
  return Status(StatusCode::kInvalidArgument, std::string(written_as) + ": --" +
                                                  std::string(option.name) + " must be " +
                                                  Noun(option) + ".");
}

bool OptionValues::Switch(std::string_view name) const { return Get<bool>(name).value_or(false); }

std::optional<int64_t> OptionValues::Integer(std::string_view name) const {
  return Get<int64_t>(name);
}

std::optional<double> OptionValues::Number(std::string_view name) const {
  return Get<double>(name);
}

std::optional<std::string> OptionValues::Text(std::string_view name) const {
  return Get<std::string>(name);
}

OptionSource OptionValues::SourceOf(std::string_view name) const {
  const auto entry = values_.find(std::string(name));
  return entry == values_.end() ? OptionSource::kDefault : entry->second.source;
}

void OptionValues::Set(std::string_view name, OptionValue value, OptionSource source) {
  RECOVER_CHECK(FindOption(name) != nullptr);
  values_.insert_or_assign(std::string(name), Entry{std::move(value), source});
}

template <typename T>
std::optional<T> OptionValues::Get(std::string_view name) const {
  RECOVER_CHECK(FindOption(name) != nullptr);
  const auto entry = values_.find(std::string(name));
  if (entry == values_.end()) {
    return std::nullopt;
  }
  RECOVER_CHECK(std::holds_alternative<T>(entry->second.value));
  return std::get<T>(entry->second.value);
}

Result<OptionValues> ResolveOptions(std::string_view command, const OptionInputs& inputs) {
  OptionValues values;
  for (const OptionSpec* option : OptionsOf(command)) {
    const auto given = FindGiven(*option, inputs);
    if (!given) {
      continue;
    }
    RECOVER_ASSIGN_OR_RETURN(OptionValue value,
                             ParseOptionValue(*option, given->text, given->written_as));
    values.Set(option->name, std::move(value), given->source);
  }
  return values;
}

Result<std::map<std::string, std::string>> ParseConfig(std::string_view text,
                                                       std::string_view path) {
  std::map<std::string, std::string> settings;
  int line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    line = Trim(line.substr(0, line.find('#')));
    if (line.empty()) {
      continue;
    }
    const auto fail = [&](const std::string& why) {
      return Status(StatusCode::kInvalidArgument,
                    std::string(path) + ", line " + std::to_string(line_number) + ": " + why);
    };
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      return fail("\"" + std::string(line) + "\" is not of the form name = value.");
    }
    const std::string name(Trim(line.substr(0, equals)));
    const OptionSpec* option = FindOption(name);
    if (option == nullptr) {
      return fail("there is no setting \"" + name + "\"; recover --help-all lists them.");
    }
    if (!option->is_lasting) {
      return fail("\"" + name + "\" belongs to a single call; give it as --" + name + ".");
    }
    if (!settings.emplace(name, std::string(Trim(line.substr(equals + 1)))).second) {
      return fail("\"" + name + "\" is set twice.");
    }
  }
  return settings;
}

}  // namespace recover

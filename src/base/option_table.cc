#include "base/option_table.h"

#include <array>

namespace recover {
namespace {

using enum OptionKind;
using enum OptionGroup;

constexpr std::string_view kEnhance = "enhance";
constexpr std::string_view kEnhanceInfo = "enhance info";
constexpr std::string_view kEnhanceModels = "enhance models";
constexpr std::string_view kReporting = "enhance info models";

// Sides, creativity, seed and the pixel limits are those of the HTTP API, so that a
// setting means the same everywhere.
constexpr OptionSpec kOptions[] = {
    {.name = "output",
     .letter = 'o',
     .kind = kFile,
     .group = kOutput,
     .commands = kEnhance,
     .value_name = "FILE|DIR",
     .help = "Where to write; - is standard output",
     .default_text = "NAME-recovered.EXT beside the input",
     .in_short_help = true,
     .is_lasting = false},
    {.name = "format",
     .kind = kChoice,
     .group = kOutput,
     .commands = kEnhance,
     .value_name = "NAME",
     .help = "File format of the output",
     .default_text = "the extension of -o, else the input's own",
     .choices = "jpeg|jpg|png|tiff|tif|webp|avif|jxl",
     .in_short_help = true},
    {.name = "quality",
     .kind = kInteger,
     .group = kOutput,
     .commands = kEnhance,
     .value_name = "N",
     .help = "Quality of JPEG, WebP, AVIF and JPEG XL",
     .default_text = "the format's habit: 92 for JPEG",
     .min = 1,
     .max = 100,
     .low_end = "small file",
     .high_end = "best picture"},
    {.name = "profile",
     .kind = kChoice,
     .group = kOutput,
     .commands = kEnhance,
     .value_name = "WHICH",
     .help = "Colour profile of the output: the input's, or sRGB",
     .default_value = "keep",
     .choices = "keep|srgb"},
    {.name = "strip",
     .kind = kSwitch,
     .group = kOutput,
     .commands = kEnhance,
     .help = "Leave EXIF, XMP and IPTC out of the output"},
    {.name = "overwrite",
     .kind = kSwitch,
     .group = kOutput,
     .commands = kEnhance,
     .help = "Replace files that are there already",
     .in_short_help = true},

    {.name = "scale",
     .letter = 's',
     .kind = kNumber,
     .group = kSize,
     .commands = kEnhance,
     .value_name = "X",
     .help = "Enlarge both sides by this factor",
     .default_text = "1: same size",
     .min = 0.05,
     .max = 32,
     .in_short_help = true,
     .is_lasting = false},
    {.name = "width",
     .kind = kInteger,
     .group = kSize,
     .commands = kEnhance,
     .value_name = "PX",
     .help = "Width of the output; the height follows unless given",
     .min = 1,
     .max = 32000,
     .unit = "pixels",
     .in_short_help = true,
     .is_lasting = false},
    {.name = "height",
     .kind = kInteger,
     .group = kSize,
     .commands = kEnhance,
     .value_name = "PX",
     .help = "Height of the output; the width follows unless given",
     .min = 1,
     .max = 32000,
     .unit = "pixels",
     .in_short_help = true,
     .is_lasting = false},
    {.name = "crop-to-fill",
     .kind = kSwitch,
     .group = kSize,
     .commands = kEnhance,
     .help = "With --width and --height: cut the picture to fill the box, not add borders"},

    {.name = "creativity",
     .letter = 'c',
     .kind = kInteger,
     .group = kRestoration,
     .commands = kEnhance,
     .value_name = "N",
     .help = "How freely detail is made up",
     .default_value = "3",
     .min = 1,
     .max = 9,
     .low_end = "faithful",
     .high_end = "inventive",
     .in_short_help = true},
    {.name = "seed",
     .kind = kInteger,
     .group = kRestoration,
     .commands = kEnhance,
     .value_name = "N",
     .help = "Another seed gives other made-up detail",
     .default_text = "from the input's bytes",
     .min = 0,
     .max = 9223372036854775807.0,
     .max_text = "9223372036854775807",
     .is_lasting = false},
    {.name = "model",
     .letter = 'm',
     .kind = kText,
     .group = kRestoration,
     .commands = kEnhance,
     .value_name = "NAME",
     .help = "Network to use; see recover models",
     .default_value = "general-fast"},

    {.name = "recursive",
     .letter = 'r',
     .kind = kSwitch,
     .group = kBatch,
     .commands = kEnhance,
     .help = "Go into the folders of a folder; -o DIR gets the same tree",
     .in_short_help = true},
    {.name = "dry-run",
     .letter = 'n',
     .kind = kSwitch,
     .group = kBatch,
     .commands = kEnhance,
     .help = "Say what would be done: files, MP, minutes, disk",
     .in_short_help = true,
     .is_lasting = false},

    {.name = "device",
     .kind = kChoice,
     .group = kMachine,
     .commands = kEnhance,
     .value_name = "WHICH",
     .help = "Where the network runs; auto is the CPU in this version",
     .default_value = "auto",
     .choices = "auto|cpu|gpu"},
    {.name = "threads",
     .letter = 't',
     .kind = kInteger,
     .group = kMachine,
     .commands = kEnhance,
     .value_name = "N",
     .help = "Tiles worked on at once",
     .default_value = "0",
     .default_text = "0: one for each core",
     .min = 0,
     .max = 256},
    {.name = "memory",
     .kind = kBytes,
     .group = kMachine,
     .commands = kEnhance,
     .value_name = "SIZE",
     .help = "Working memory to stay under, such as 700M or 2G",
     .default_text = "half of what is free",
     .min = 64.0 * 1024 * 1024,
     .max = 1024.0 * 1024 * 1024 * 1024 * 16,
     .unit = "bytes"},
    {.name = "tile",
     .kind = kInteger,
     .group = kMachine,
     .commands = kEnhance,
     .value_name = "PX",
     .help = "Side of a tile's core, rounded up to a multiple of 16",
     .default_value = "0",
     .default_text = "0: the model's own",
     .min = 0,
     .max = 8192,
     .unit = "pixels"},
    {.name = "models",
     .kind = kFolder,
     .group = kMachine,
     .commands = kEnhanceModels,
     .value_name = "DIR",
     .help = "Folder of the networks",
     .default_text = "the installed ones"},
    {.name = "temp",
     .kind = kFolder,
     .group = kMachine,
     .commands = kEnhance,
     .value_name = "DIR",
     .help = "Folder for scratch files",
     .default_text = "TMPDIR, else /var/tmp"},

    {.name = "max-pixels",
     .kind = kCount,
     .group = kLimits,
     .commands = kEnhanceInfo,
     .value_name = "N",
     .help = "Refuse larger inputs, such as 24M",
     .default_value = "384M",
     .min = 1,
     .max = 1e12,
     .unit = "pixels"},
    {.name = "max-output-pixels",
     .kind = kCount,
     .group = kLimits,
     .commands = kEnhance,
     .value_name = "N",
     .help = "Refuse larger outputs",
     .default_value = "384M",
     .min = 1,
     .max = 1e12,
     .unit = "pixels"},

    {.name = "json",
     .kind = kSwitch,
     .group = kReports,
     .commands = kReporting,
     .help = "Write the report to standard output as JSON",
     .is_lasting = false},
    {.name = "quiet",
     .letter = 'q',
     .kind = kSwitch,
     .group = kReports,
     .commands = kEnhance,
     .help = "Print errors only"},
    {.name = "verbose",
     .letter = 'v',
     .kind = kSwitch,
     .group = kReports,
     .commands = kEnhance,
     .help = "Print settings, sizes and times of each picture"},
    {.name = "config",
     .kind = kFile,
     .group = kReports,
     .commands = kEnhanceModels,
     .value_name = "FILE",
     .help = "Settings, one name = value a line",
     .default_text = "~/.config/recover/config",
     .is_lasting = false},
};

constexpr CommandSpec kCommands[] = {
    {"enhance", "INPUT...",
     "restore and enlarge pictures: files, folders, globs, - for standard input"},
    {"info", "FILE...", "say what the decoder sees in a file"},
    {"models", "", "list the networks that are installed"},
    {"completion", "bash", "print the completion for a shell"},
    {"man", "[markdown]", "print the manual page, or its tables as Markdown", false},
};

}  // namespace

std::span<const OptionSpec> OptionTable() { return kOptions; }

std::span<const CommandSpec> CommandTable() { return kCommands; }

std::vector<const OptionSpec*> OptionsOf(std::string_view command) {
  std::vector<const OptionSpec*> options;
  const std::string wanted = " " + std::string(command) + " ";
  for (const OptionSpec& option : kOptions) {
    const std::string commands = " " + std::string(option.commands) + " ";
    if (commands.find(wanted) != std::string::npos) {
      options.push_back(&option);
    }
  }
  return options;
}

const OptionSpec* FindOption(std::string_view name) {
  for (const OptionSpec& option : kOptions) {
    if (option.name == name) {
      return &option;
    }
  }
  return nullptr;
}

std::string_view OptionGroupTitle(OptionGroup group) {
  constexpr std::array<std::string_view, 7> kTitles = {"Output",  "Size",   "Restoration", "Batch",
                                                       "Machine", "Limits", "Reports"};
  return kTitles[static_cast<size_t>(group)];
}

}  // namespace recover

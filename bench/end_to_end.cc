// How long does a picture take from file to file, where does the time go, and how much
// memory does the program hold at most?
//
//   bench_end_to_end [--binary FILE] [--format jpg|png|tiff] [--memory SIZE] [MP...]
//
// Each picture is a program run of its own on a made-up JPEG a quarter as wide and high;
// peak memory is what the system says of that child (ru_maxrss).
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>

#include "base/env.h"
#include "base/json.h"
#include "codec/encode.h"
#include "machine.h"
#include "neural/model_store.h"

extern char** environ;

namespace recover::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kScale = 4;

struct Settings {
  std::string binary = RECOVER_BINARY;
  std::string format = "jpg";
  std::vector<std::string> more;  ///< Passed on to the program.
  std::vector<double> megapixels;
};

/// Soft waves with edges and grain, made row by row: something like a photograph to
/// the codecs. The network's time does not depend on what it sees.
class PhotoLikeRows final : public RowSource {
 public:
  explicit PhotoLikeRows(Size size) : size_(size) {}
  Size size() const override { return size_; }
  int channels() const override { return 3; }
  Status Read(MutableImageView rows) override {
    for (int y = 0; y < rows.height(); ++y, ++next_row_) {
      for (int x = 0; x < size_.width; ++x) {
        for (int c = 0; c < 3; ++c) {
          const auto hash =
              static_cast<uint32_t>(x * 73856093 ^ next_row_ * 19349663 ^ c * 83492791);
          const float grain = static_cast<float>((hash * 2654435761U) >> 24) / 255 - 0.5F;
          const float wave = std::sin(0.013F * static_cast<float>(x + 40 * c)) *
                             std::cos(0.017F * static_cast<float>(next_row_));
          const float edge = ((x / 61 + next_row_ / 47) % 5) < 2 ? 0.25F : 0.0F;
          rows.at(x, y, c) = 0.4F + 0.25F * wave + edge + 0.06F * grain;
        }
      }
    }
    return Status::Ok();
  }

 private:
  Size size_;
  int next_row_ = 0;
};

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

/// 3:2, sides on whole input pixels.
Size InputSize(double output_megapixels) {
  const double height = std::sqrt(output_megapixels * 1e6 / 1.5) / kScale;
  return {static_cast<int>(std::lround(1.5 * height)), static_cast<int>(std::lround(height))};
}

/// Runs the program; its standard output is in `report`. Returns what the child took.
rusage RunChild(std::vector<std::string> arguments, const fs::path& report) {
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, report.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  const int spawned = posix_spawn(&child, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (spawned != 0) Fail("cannot start " + arguments[0]);
  int state = 0;
  rusage usage{};
  if (wait4(child, &state, 0, &usage) != child || !WIFEXITED(state) || WEXITSTATUS(state) != 0) {
    Fail(arguments[0] + " failed");
  }
  return usage;
}

void Measure(const Settings& settings, const fs::path& folder, double megapixels) {
  const fs::path input = folder / "in.jpg";
  const fs::path output = folder / ("out." + settings.format);
  PhotoLikeRows rows(InputSize(megapixels));
  const Status made = EncodeFile(rows, {}, {.format = FileFormat::kJpeg}, input);
  if (!made.ok()) Fail(made.message());
  std::vector<std::string> arguments = {
      settings.binary, "enhance", input.string(), "-o",      output.string(),
      "--overwrite",   "--json",  "-q",           "--scale", std::to_string(kScale)};
  arguments.insert(arguments.end(), settings.more.begin(), settings.more.end());
  const rusage usage = RunChild(arguments, folder / "report.json");
  const auto report = ReadJsonFile(folder / "report.json");
  if (!report) Fail(report.error().message());
  const Json& picture = (*report)["pictures"][0];
  const Json& seconds = picture["seconds"];
  const double total = seconds["total"].get<double>();
  const double pixels = picture["megapixels"].get<double>();
  const auto share = [&](const char* stage) {
    return Fixed(100 * seconds[stage].get<double>() / total, 1);
  };
  std::printf("%7s  %8s  %8s  %7s  %9s  %8s  %7s  %9s  %5d\n", Fixed(pixels, 1).c_str(),
              Fixed(total, 2).c_str(), Fixed(total / pixels, 3).c_str(), share("decode").c_str(),
              share("resample").c_str(), share("network").c_str(), share("encode").c_str(),
              Fixed(static_cast<double>(usage.ru_maxrss) / 1024, 0).c_str(),
              picture["workers"].get<int>());
  std::fflush(stdout);
}

Settings ReadArguments(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("--") && i + 1 >= argc) Fail(word + " needs a value");
    if (word == "--binary") {
      settings.binary = argv[++i];
    } else if (word == "--format") {
      settings.format = argv[++i];
    } else if (word.starts_with("--")) {
      settings.more.insert(settings.more.end(), {word, argv[++i]});
    } else {
      settings.megapixels.push_back(std::atof(word.c_str()));
    }
  }
  if (settings.megapixels.empty()) settings.megapixels = {1, 4, 24, 100};
  return settings;
}

}  // namespace
}  // namespace recover::bench

int main(int argc, char** argv) {
  namespace bench = recover::bench;
  const bench::Settings settings = bench::ReadArguments(argc, argv);
  const char* models = std::getenv("RECOVER_MODELS");
  const auto model = recover::ModelStore(recover::ModelSearchPath(models == nullptr ? "" : models))
                         .Load("general-fast");
  if (!model) bench::Fail(model.error().message());
  std::string name = (std::filesystem::temp_directory_path() / "bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) bench::Fail("no temporary folder");
  std::printf("%s\nJPEG in at a quarter of each side, %s out; shares in %% of the total time\n\n",
              bench::MachineText(model->manifest).c_str(), settings.format.c_str());
  std::printf(
      "     MP   seconds      s/MP   decode   resample   network   encode   peak MiB  tiles\n");
  for (const double megapixels : settings.megapixels) {
    bench::Measure(settings, name, megapixels);
  }
  std::filesystem::remove_all(name);
  return 0;
}

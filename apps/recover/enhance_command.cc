// recover enhance: the options become settings, the words become a batch.
#include <unistd.h>

#include <cstdio>

#include "base/log.h"
#include "batch.h"
#include "batch_report.h"
#include "commands.h"
#include "engine_options.h"
#include "exit_codes.h"
#include "pipeline/engine.h"

namespace recover::cli {
namespace {

EngineOptions EngineOptionsOf(const OptionValues& options) {
  EngineOptions engine = MachineOptionsOf(options);
  engine.model = options.Text("model").value_or(engine.model);
  return engine;
}

std::optional<int> Side(const OptionValues& options, std::string_view name) {
  const auto pixels = options.Integer(name);
  return pixels ? std::optional<int>(static_cast<int>(*pixels)) : std::nullopt;
}

ToneMode ToneOf(const OptionValues& options) {
  const auto tone = options.Text("tone");
  if (tone == "keep") return ToneMode::kKeep;
  return tone == "neutral" ? ToneMode::kNeutral : ToneMode::kAuto;
}

JobSettings JobSettingsOf(const OptionValues& options) {
  JobSettings job;
  job.size = {.scale = options.Number("scale"),
              .width = Side(options, "width"),
              .height = Side(options, "height"),
              .crop_to_fill = options.Switch("crop-to-fill")};
  job.limits.max_input_pixels = *options.Integer("max-pixels");
  job.limits.max_output_pixels = *options.Integer("max-output-pixels");
  // --width and --height keep to the API's 32000; a panorama at its own size may be
  // longer, as far as its format goes.
  job.limits.max_side_px = 1'000'000;
  job.creativity = static_cast<int>(*options.Integer("creativity"));
  job.seed = options.Integer("seed");
  job.tone = ToneOf(options);
  job.quality = static_cast<int>(options.Integer("quality").value_or(0));
  job.profile = options.Text("profile") == "srgb" ? ProfileMode::kSrgb : ProfileMode::kKeep;
  job.strip_metadata = options.Switch("strip");
  return job;
}

/// What cannot be asked for together, told before the network is loaded.
Status CheckTogether(const OptionValues& options, const OutputRule& rule) {
  if (options.Has("scale") && (options.Has("width") || options.Has("height"))) {
    return {StatusCode::kInvalidArgument,
            "--scale and --width or --height contradict each other: give one or the other."};
  }
  if (rule.target == OutputRule::Target::kStdout && !options.Switch("dry-run")) {
    if (options.Switch("json")) {
      return {StatusCode::kInvalidArgument,
              "--json and the picture both want standard output: give the picture a file with -o."};
    }
    if (isatty(STDOUT_FILENO) != 0) {
      return {StatusCode::kInvalidArgument,
              "Standard output is a terminal: send the picture to a file, as in > out.jpg."};
    }
  }
  return Status::Ok();
}

int ExitCodeOfBatch(const std::vector<BatchItem>& items, bool stopped) {
  if (stopped) {
    return ExitCodeOf(StatusCode::kCancelled);
  }
  std::vector<StatusCode> failures;
  for (const BatchItem& item : items) {
    if (item.state == BatchItem::State::kFailed) failures.push_back(item.status.code());
  }
  return ExitCodeOfFailures(failures);
}

/// Failures that Batch::Run has not told yet: those of planning.
void TellPlanFailures(const std::vector<BatchItem>& items) {
  for (const BatchItem& item : items) {
    if (item.state == BatchItem::State::kFailed) Complain(item.status);
  }
}

int FinishDryRun(const Engine& engine, const Batch& batch, const OptionValues& options) {
  double seconds_per_megapixel = 0;
  if (batch.planned_files() > 0) {
    const auto measured = engine.MeasureSecondsPerMegapixel();
    if (!measured) return Complain(measured.error());
    seconds_per_megapixel = *measured;
  }
  const int exit_code = ExitCodeOfBatch(batch.items(), false);
  const DryRunFigures figures = EstimateBatch(batch.items(), seconds_per_megapixel);
  int said = 0;
  if (options.Switch("json")) {
    Json report = BatchJson(engine, batch.items(), exit_code);
    report["dry_run"] = {{"files", batch.planned_files()},
                         {"megapixels", batch.planned_megapixels()},
                         {"minutes", figures.minutes},
                         {"disk_bytes", figures.disk_bytes}};
    said = Say(DumpJson(report, 2) + "\n");
  } else {
    said = Say(DryRunTable(batch.items(), figures));
  }
  return said != 0 ? said : exit_code;
}

/// A dial that was turned but does nothing with this network is said, not passed over.
void TellIdleDials(const Manifest& manifest, const OptionValues& options) {
  if (options.Switch("quiet") || manifest.HasCreativity()) return;
  for (const char* dial : {"creativity", "seed"}) {
    if (options.SourceOf(dial) != OptionSource::kDefault) {
      std::fprintf(stderr,
                   "recover: note: %s %s is not trained for creativity: --%s changes nothing\n",
                   manifest.name.c_str(), manifest.version.c_str(), dial);
    }
  }
}

/// A table for a batch, a line for a single picture on a terminal.
void TellPeople(const Batch& batch, const InputList& inputs, const OptionValues& options) {
  if (options.Switch("quiet")) {
    return;
  }
  const bool verbose = options.Switch("verbose");
  const std::vector<BatchItem>& items = batch.items();
  if (verbose) {
    for (const BatchItem& item : items) {
      if (item.state == BatchItem::State::kDone) {
        std::fputs((item.input_name() + "\n" + DetailLines(item)).c_str(), stderr);
      }
    }
  }
  if (items.size() > 1 || inputs.has_folder) {
    std::fputs(BatchTable(items, verbose).c_str(), stderr);
  } else if (items.size() == 1 && (verbose || isatty(STDERR_FILENO) != 0)) {
    const BatchItem& item = items.front();
    if (item.state == BatchItem::State::kDone) {
      std::fputs((DoneLine(item) + "\n").c_str(), stderr);
    } else if (item.state == BatchItem::State::kSkipped) {
      std::fputs((item.output_name() + " is finished already\n").c_str(), stderr);
    }
  }
}

}  // namespace

int RunEnhance(const OptionValues& options, const std::vector<std::string>& words,
               const std::stop_token& stop) {
  if (words.empty()) {
    return Complain(
        {StatusCode::kInvalidArgument,
         "Which picture? For one: recover enhance PHOTO.jpg. recover --help says more."});
  }
  if (options.Switch("verbose")) SetLogLevel(LogLevel::kInfo);
  const std::optional<std::string> output = options.Text("output");
  const bool recursive = options.Switch("recursive");
  const InputList inputs = ExpandInputs(words, recursive, output.value_or(""));
  const auto rule = ReadOutputRule(output, options.Text("format"), inputs);
  if (!rule) return Complain(rule.error());
  if (const Status status = CheckTogether(options, *rule); !status.ok()) return Complain(status);

  const auto engine = Engine::Load(EngineOptionsOf(options));
  if (!engine) return Complain(engine.error());
  TellIdleDials((*engine)->manifest(), options);
  Batch batch(**engine,
              {.job = JobSettingsOf(options),
               .rule = *rule,
               .overwrite = options.Switch("overwrite"),
               .temp_folder = options.Text("temp").value_or("")},
              inputs);
  batch.Plan(stop);
  if (options.Switch("dry-run") && !stop.stop_requested()) {
    return FinishDryRun(**engine, batch, options);
  }
  TellPlanFailures(batch.items());
  {
    const bool show = isatty(STDERR_FILENO) != 0 && !options.Switch("quiet");
    ProgressBar bar(show, Clock::Real(), batch.planned_files(), batch.planned_megapixels());
    batch.Run(stop, bar);
  }
  TellPeople(batch, inputs, options);
  const int exit_code = ExitCodeOfBatch(batch.items(), stop.stop_requested());
  if (options.Switch("json")) {
    const int said = Say(DumpJson(BatchJson(**engine, batch.items(), exit_code), 2) + "\n");
    return said != 0 ? said : exit_code;
  }
  return exit_code;
}

}  // namespace recover::cli

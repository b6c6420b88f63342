#include "batch_report.h"

#include <algorithm>
#include <cstdio>

#include "base/strings.h"
#include "base/version.h"
#include "exit_codes.h"
#include "pipeline/memory_plan.h"

namespace recover::cli {
namespace {

constexpr size_t kMaxRows = 40;
constexpr double kBytesPerMebibyte = 1024.0 * 1024.0;

// Guess for what decoding, resampling and encoding add to the network's time; the
// shares are measured by bench/end_to_end.
constexpr double kOtherWork = 1.1;

std::string Fixed(double number, int decimals) {
  char buffer[64];
  std::snprintf(buffer, sizeof(buffer), "%.*f", decimals, number);
  return buffer;
}

std::string SizeText(Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

std::string RateText(double megapixels, double seconds) {
  return seconds > 0 ? Fixed(megapixels / seconds, 2) + " MP/s" : "";
}

std::string_view StateName(BatchItem::State state) {
  switch (state) {
    case BatchItem::State::kPlanned:
      return "planned";
    case BatchItem::State::kDone:
      return "done";
    case BatchItem::State::kSkipped:
      return "skipped";
    case BatchItem::State::kFailed:
      return "failed";
    case BatchItem::State::kNotReached:
      return "not reached";
  }
  return "";
}

std::string Pad(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string RowText(const BatchItem& item) {
  std::string row = Pad(std::string(StateName(item.state)), 11) + "  ";
  switch (item.state) {
    case BatchItem::State::kDone:
      return row + DoneLine(item);
    case BatchItem::State::kSkipped:
      return row + item.input_name() + ": " + item.output_name() + " is finished already";
    case BatchItem::State::kFailed:
      return row + item.status.message();
    default:
      return row + item.input_name();
  }
}

void AddCount(std::string& text, int count, const std::string& what) {
  if (count > 0) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  }
}

Json SecondsJson(const StageSeconds& seconds) {
  return {{"decode", seconds.decode},
          {"resample", seconds.resample},
          {"network", seconds.network},
          {"encode", seconds.encode},
          {"total", seconds.total}};
}

Json ItemJson(const BatchItem& item) {
  Json json = {
      {"input", item.input_name()},
      {"status", item.state == BatchItem::State::kNotReached ? "not_reached"
                                                             : std::string(StateName(item.state))}};
  if (!item.output.path.empty()) {
    json["output"] = item.output_name();
    json["format"] = AsciiLower(FileFormatName(item.output.format));
  }
  if (item.state == BatchItem::State::kFailed) {
    json["error"] = {{"code", StatusCodeName(item.status.code())},
                     {"message", item.status.message()},
                     {"exit_code", ExitCodeOf(item.status.code())}};
  }
  const FramePlan& frame = item.plan.frame;
  if (frame.output.area() > 0) {
    json["input_width"] = frame.input.width;
    json["input_height"] = frame.input.height;
    json["output_width"] = frame.output.width;
    json["output_height"] = frame.output.height;
    json["megapixels"] = item.plan.output_megapixels();
    json["workers"] = item.plan.workers;
    json["planned_memory_bytes"] = item.plan.memory_bytes;
  }
  if (item.state == BatchItem::State::kDone) {
    json["seed"] = item.report.seed;
    json["tone_changed"] = item.report.tone_changed;
    json["output_bytes"] = item.report.output_bytes;
    json["seconds"] = SecondsJson(item.report.seconds);
    json["megapixels_per_second"] =
        item.plan.output_megapixels() / std::max(item.report.seconds.total, 1e-9);
    json["peak_bytes"] = item.report.peak_bytes;
  }
  return json;
}

}  // namespace

std::string MegapixelText(double megapixels) {
  return Fixed(megapixels, megapixels >= 99.5 ? 0 : megapixels >= 9.95 ? 1 : 2);
}

BatchTotals TotalsOf(const std::vector<BatchItem>& items) {
  BatchTotals totals;
  for (const BatchItem& item : items) {
    totals.done += item.state == BatchItem::State::kDone;
    totals.skipped += item.state == BatchItem::State::kSkipped;
    totals.failed += item.state == BatchItem::State::kFailed;
    totals.not_reached += item.state == BatchItem::State::kNotReached;
    totals.planned += item.state == BatchItem::State::kPlanned;
    if (item.state == BatchItem::State::kDone || item.state == BatchItem::State::kPlanned) {
      totals.megapixels += item.plan.output_megapixels();
      totals.seconds += item.report.seconds.total;
    }
  }
  return totals;
}

std::string DoneLine(const BatchItem& item) {
  const double megapixels = item.plan.output_megapixels();
  return item.input_name() + " -> " + item.output_name() + ": " + SizeText(item.plan.frame.output) +
         ", " + MegapixelText(megapixels) + " MP in " +
         HumanDuration(std::chrono::duration<double>(item.report.seconds.total)) + " (" +
         RateText(megapixels, item.report.seconds.total) + ")" +
         (item.report.tone_changed ? ", faded: range of tones brought back" : "");
}

std::string DetailLines(const BatchItem& item) {
  const StageSeconds& seconds = item.report.seconds;
  const JobReport& report = item.report;
  std::string text = "  " + SizeText(report.plan.frame.input) + " " +
                     std::string(FileFormatName(report.plan.input.format)) + " to " +
                     std::string(FileFormatName(item.output.format)) + ", " +
                     HumanBytes(report.output_bytes) + ", seed " + std::to_string(report.seed) +
                     "\n";
  text += "  decode " + Fixed(seconds.decode, 2) + " s, resample " + Fixed(seconds.resample, 2) +
          " s, network " + Fixed(seconds.network, 2) + " s with " +
          std::to_string(report.plan.workers) + " tiles at once, encode " +
          Fixed(seconds.encode, 2) + " s; peak memory " + HumanBytes(report.peak_bytes) + "\n";
  for (const std::string& note : report.plan.input.notes) {
    text += "  note: " + note + "\n";
  }
  return text;
}

std::string BatchTable(const std::vector<BatchItem>& items, bool all_rows) {
  const bool only_failed = !all_rows && items.size() > kMaxRows;
  std::string text;
  for (const BatchItem& item : items) {
    if (!only_failed || item.state == BatchItem::State::kFailed) {
      text += RowText(item) + "\n";
    }
  }
  const BatchTotals totals = TotalsOf(items);
  std::string sums;
  AddCount(sums, totals.done, "done");
  if (totals.done > 0) {
    sums += " (" + MegapixelText(totals.megapixels) + " MP in " +
            HumanDuration(std::chrono::duration<double>(totals.seconds)) + ")";
  }
  AddCount(sums, totals.skipped, "skipped");
  AddCount(sums, totals.failed, "failed");
  AddCount(sums, totals.not_reached, "not reached; the same command goes on from here");
  return text + (sums.empty() ? "nothing to do" : sums) + "\n";
}

DryRunFigures EstimateBatch(const std::vector<BatchItem>& items, double seconds_per_megapixel) {
  DryRunFigures figures;
  for (const BatchItem& item : items) {
    if (item.state == BatchItem::State::kPlanned) {
      figures.minutes += item.plan.work_megapixels * seconds_per_megapixel * kOtherWork / 60;
      figures.disk_bytes += item.plan.output_bytes;
    }
  }
  return figures;
}

std::string DryRunTable(const std::vector<BatchItem>& items, const DryRunFigures& figures) {
  std::string text;
  for (const BatchItem& item : items) {
    if (item.state == BatchItem::State::kPlanned) {
      text += "would write  " + item.input_name() + " -> " + item.output_name() + ": " +
              SizeText(item.plan.frame.output) + ", " +
              MegapixelText(item.plan.output_megapixels()) + " MP\n";
    } else {
      text += Pad("would skip", 13) + RowText(item).substr(13) + "\n";
      if (item.state == BatchItem::State::kFailed) {
        text.replace(text.rfind("would skip", text.size()), 10, "would fail");
      }
    }
  }
  const BatchTotals totals = TotalsOf(items);
  text += std::to_string(totals.planned) + (totals.planned == 1 ? " file, " : " files, ") +
          MegapixelText(totals.megapixels) + " MP, about " +
          HumanDuration(std::chrono::duration<double>(figures.minutes * 60)) + ", about " +
          HumanBytes(figures.disk_bytes) + " of disk";
  if (totals.skipped > 0) text += "; " + std::to_string(totals.skipped) + " finished already";
  if (totals.failed > 0) text += "; " + std::to_string(totals.failed) + " would fail";
  return text + "\n";
}

Json BatchJson(const Engine& engine, const std::vector<BatchItem>& items, int exit_code) {
  const BatchTotals totals = TotalsOf(items);
  Json pictures = Json::array();
  for (const BatchItem& item : items) {
    pictures.push_back(ItemJson(item));
  }
  const Manifest& manifest = engine.manifest();
  return {{"version", kVersion},
          {"model",
           {{"name", manifest.name}, {"version", manifest.version}, {"sha256", manifest.sha256}}},
          {"device", DeviceName(engine.options().device)},
          {"threads", engine.options().threads},
          {"pictures", pictures},
          {"summary",
           {{"done", totals.done},
            {"skipped", totals.skipped},
            {"failed", totals.failed},
            {"not_reached", totals.not_reached},
            {"planned", totals.planned},
            {"megapixels", totals.megapixels},
            {"seconds", totals.seconds},
            {"peak_bytes", PeakProcessBytes()}}},
          {"exit_code", exit_code}};
}

}  // namespace recover::cli

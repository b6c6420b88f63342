#include "batch.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/sha256.h"
#include "pipeline/enhance_file.h"
#include "streams.h"

namespace recover::cli {
namespace {

namespace fs = std::filesystem;

/// A scratch file's path says nothing to the person.
Status ForPerson(const Status& status, const fs::path& scratch, const std::string& name) {
  std::string message = status.message();
  const std::string path = scratch.string();
  for (size_t at = message.find(path); at != std::string::npos; at = message.find(path, at + 1)) {
    message.replace(at, path.size(), name);
  }
  return {status.code(), message};
}

}  // namespace

Batch::Batch(const Engine& engine, BatchSettings settings, const InputList& inputs)
    : engine_(engine),
      settings_(std::move(settings)),
      inputs_(inputs),
      state_folder_(DefaultStateFolder()) {
  for (const InputItem& input : inputs_.items) {
    items_.push_back({.input = input});
  }
}

Batch::~Batch() = default;

int Batch::planned_files() const {
  return static_cast<int>(std::count_if(items_.begin(), items_.end(), [](const BatchItem& item) {
    return item.state == BatchItem::State::kPlanned;
  }));
}

double Batch::planned_megapixels() const {
  double megapixels = 0;
  for (const BatchItem& item : items_) {
    if (item.state == BatchItem::State::kPlanned) {
      megapixels += item.plan.output_megapixels();
    }
  }
  return megapixels;
}

void Batch::Plan(const std::stop_token& stop) {
  OutputClaims claims(inputs_);
  std::set<fs::path> swept;
  for (BatchItem& item : items_) {
    if (stop.stop_requested()) {
      item.state = BatchItem::State::kNotReached;
      continue;
    }
    item.status = PlanItem(item, claims);
    if (!item.status.ok()) {
      item.state = BatchItem::State::kFailed;
    }
    const fs::path folder = item.output.path.parent_path();
    if (item.state == BatchItem::State::kPlanned && item.output.path != "-" &&
        swept.insert(folder).second) {
      SweepTemporaries(Env::Real(), folder.empty() ? fs::path(".") : folder);
    }
  }
  for (const InputList::Failure& failure : inputs_.failures) {
    BatchItem item;
    item.input.path = failure.word;
    item.status = failure.status;
    item.state = BatchItem::State::kFailed;
    items_.push_back(std::move(item));
  }
}

Status Batch::PlanItem(BatchItem& item, OutputClaims& claims) {
  RECOVER_ASSIGN_OR_RETURN(const Input input, InputOf(item));
  const auto info = engine_.Inspect(input, settings_.job.limits);
  if (!info) {
    return ForPerson(info.error(), input.path(), item.input_name());
  }
  const bool has_alpha = info->channels == 2 || info->channels == 4;
  item.output = NameOutput(settings_.rule, item.input, info->format, has_alpha);
  const auto plan = engine_.Plan(*info, SettingsOf(item));
  if (!plan) {
    return plan.error().WithContext(item.input_name());
  }
  item.plan = *plan;
  RECOVER_RETURN_IF_ERROR(claims.Claim(item.output.path, item.input.path));
  std::error_code error;
  if (item.output.path == "-" || !fs::exists(item.output.path, error)) {
    return Status::Ok();
  }
  if (fs::is_directory(item.output.path, error)) {
    return {StatusCode::kInvalidArgument, item.output.path.string() + " is a folder."};
  }
  if (IsFinished(item, SettingsOf(item))) {
    item.state = BatchItem::State::kSkipped;
    return Status::Ok();
  }
  if (!settings_.overwrite) {
    return {StatusCode::kAlreadyExists,
            item.output.path.string() +
                " is there already, and not from these settings; --overwrite replaces it."};
  }
  return Status::Ok();
}

bool Batch::IsFinished(const BatchItem& item, const JobSettings& settings) {
  const Journal* journal = JournalOf(item.output.path);
  const FinishedRecord* record =
      journal == nullptr ? nullptr : journal->Find(item.output.path.filename().string());
  if (record == nullptr || record->settings_sha256 != engine_.SettingsKey(settings)) {
    return false;
  }
  const auto output = StampOf(item.output.path);
  const auto input = StampOf(item.input.path);
  if (!output || !input || *output != record->output) {
    return false;
  }
  if (*input == record->input) {
    return true;
  }
  // Copied or touched: only its bytes can tell.
  if (input->bytes != record->input.bytes) {
    return false;
  }
  const auto sha256 = Sha256HexOfFile(item.input.path);
  return sha256 && *sha256 == record->input_sha256;
}

void Batch::Run(const std::stop_token& stop, ProgressBar& bar) {
  int number = 0;
  bool is_over = false;
  for (BatchItem& item : items_) {
    if (item.state != BatchItem::State::kPlanned) {
      continue;
    }
    if (is_over || stop.stop_requested()) {
      item.state = BatchItem::State::kNotReached;
      continue;
    }
    bar.BeginFile(item.input_name(), ++number, item.plan.output_megapixels());
    RunContext context;
    context.stop = stop;
    context.progress = [&bar](int64_t done, int64_t total) { bar.Update(done, total); };
    item.status = RunItem(item, context);
    bar.EndFile();
    item.state = item.status.ok() ? BatchItem::State::kDone : BatchItem::State::kFailed;
    if (item.status.code() == StatusCode::kCancelled) {
      item.state = BatchItem::State::kNotReached;
      is_over = true;
    } else if (!item.status.ok()) {
      bar.Print("recover: " + item.status.message() + "\n");
      // What comes next would only fail after as much work.
      is_over = item.status.code() == StatusCode::kOutOfSpace;
    }
  }
}

Status Batch::RunItem(BatchItem& item, const RunContext& context) {
  return item.output.path == "-" ? RunToStdout(item, context) : RunToFile(item, context);
}

Status Batch::RunToFile(BatchItem& item, const RunContext& context) {
  RECOVER_ASSIGN_OR_RETURN(const Input input, InputOf(item));
  if (const auto stamp = StampOf(input.path())) {
    input_stamp_ = *stamp;
  }
  FileJob job{.input = input,
              .output = item.output.path,
              .settings = SettingsOf(item),
              .on_existing = settings_.overwrite ? OnExisting::kReplace : OnExisting::kKeep,
              .before_commit = [&](const fs::path& temporary, const JobReport& report) {
                return Record(item, temporary, report);
              }};
  auto report = EnhanceFile(engine_, job, context);
  if (!report) {
    return ForPerson(report.error(), input.path(), item.input_name());
  }
  item.report = *std::move(report);
  return Status::Ok();
}

Status Batch::RunToStdout(BatchItem& item, const RunContext& context) {
  RECOVER_ASSIGN_OR_RETURN(const Input input, InputOf(item));
  RECOVER_ASSIGN_OR_RETURN(const UniqueFd scratch, MakeScratchFile(settings_.temp_folder));
  auto report = engine_.Run(input, SettingsOf(item), PathOf(scratch), context);
  if (!report) {
    return ForPerson(ForPerson(report.error(), input.path(), item.input_name()), PathOf(scratch),
                     "a scratch file");
  }
  item.report = *std::move(report);
  RECOVER_RETURN_IF_ERROR(context.CheckStop());
  return CopyToStdout(scratch);
}

Status Batch::Record(const BatchItem& item, const fs::path& temporary, const JobReport& report) {
  Journal* journal = JournalOf(item.output.path);
  if (journal == nullptr || item.input.is_stdin()) {
    return Status::Ok();
  }
  RECOVER_ASSIGN_OR_RETURN(const FileStamp stamp, StampOf(temporary));
  const Status status = journal->Append(item.output.path.filename().string(),
                                        {.settings_sha256 = engine_.SettingsKey(SettingsOf(item)),
                                         .input = input_stamp_,
                                         .input_sha256 = report.input_sha256,
                                         .output = stamp});
  if (!status.ok()) {
    // The picture counts for more than the memory of it.
    Log(LogLevel::kWarning, "cannot remember what is finished", {{"reason", status.message()}});
  }
  return Status::Ok();
}

Journal* Batch::JournalOf(const fs::path& output) {
  if (!state_folder_) {
    return nullptr;
  }
  const fs::path folder = output.parent_path();
  const auto found = journals_.find(folder);
  if (found != journals_.end()) {
    return &found->second;
  }
  return &journals_.emplace(folder, Journal::Open(*state_folder_, folder)).first->second;
}

Result<Input> Batch::InputOf(const BatchItem& item) {
  if (!item.input.is_stdin()) {
    return Input::FromFile(item.input.path);
  }
  if (!stdin_file_.valid()) {
    RECOVER_ASSIGN_OR_RETURN(stdin_file_, SaveStdin(settings_.temp_folder));
  }
  return Input::FromFile(PathOf(stdin_file_));
}

JobSettings Batch::SettingsOf(const BatchItem& item) const {
  JobSettings settings = settings_.job;
  settings.format = item.output.format;
  return settings;
}

}  // namespace recover::cli

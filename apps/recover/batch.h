// The pictures of one call: planned, run one after the other, and accounted for.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "input_list.h"
#include "output_name.h"
#include "pipeline/engine.h"
#include "pipeline/journal.h"
#include "progress_bar.h"

namespace recover::cli {

/// One picture of the call and how it went.
struct BatchItem {
  enum class State { kPlanned, kDone, kSkipped, kFailed, kNotReached };

  InputItem input = {};
  OutputName output = {};  ///< Path empty until it is known.
  JobPlan plan = {};
  JobReport report = {};
  Status status = {};  ///< Why it failed.
  State state = State::kPlanned;

  std::string input_name() const {
    return input.is_stdin() ? "standard input" : input.path.string();
  }
  std::string output_name() const {
    return output.path == "-" ? "standard output" : output.path.string();
  }
};

/// What holds for all pictures of the call.
struct BatchSettings {
  JobSettings job;
  OutputRule rule;
  bool overwrite = false;
  std::filesystem::path temp_folder;
};

/// Plans and runs. Not thread-safe.
class Batch {
 public:
  /// engine: borrowed. Nothing is read yet.
  Batch(const Engine& engine, BatchSettings settings, const InputList& inputs);
  ~Batch();

  /// Looks at each picture's header, settles its output, finds what is finished
  /// already. Failures are kept in the items. Ends early when `stop` is requested.
  void Plan(const std::stop_token& stop);

  /// Runs what is planned. Carries on past a picture that fails; ends early on a stop
  /// or a full disk, and what was not begun is then kNotReached.
  void Run(const std::stop_token& stop, ProgressBar& bar);

  const std::vector<BatchItem>& items() const { return items_; }
  int planned_files() const;
  double planned_megapixels() const;

 private:
  Status PlanItem(BatchItem& item, OutputClaims& claims);
  bool IsFinished(const BatchItem& item, const JobSettings& settings);
  Status RunItem(BatchItem& item, const RunContext& context);
  Status RunToFile(BatchItem& item, const RunContext& context);
  Status RunToStdout(BatchItem& item, const RunContext& context);
  Status Record(const BatchItem& item, const std::filesystem::path& temporary,
                const JobReport& report);
  Journal* JournalOf(const std::filesystem::path& output);
  Result<Input> InputOf(const BatchItem& item);
  JobSettings SettingsOf(const BatchItem& item) const;

  const Engine& engine_;
  BatchSettings settings_;
  InputList inputs_;
  std::vector<BatchItem> items_;
  std::map<std::filesystem::path, Journal> journals_;  ///< By output folder.
  std::optional<std::filesystem::path> state_folder_;
  UniqueFd stdin_file_;    ///< Standard input's bytes in a nameless file.
  FileStamp input_stamp_;  ///< Of the picture in work, taken before it is read.
};

}  // namespace recover::cli

// One file into another, whole or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/atomic_file.h"
#include "pipeline/engine.h"

namespace recover {

/// One picture file and where its result goes.
struct FileJob {
  Input input;
  std::filesystem::path output;
  JobSettings settings;
  OnExisting on_existing = OnExisting::kKeep;
  /// Called when the output is complete under its temporary path, just before it
  /// takes its place. An error drops the output. May be empty.
  std::function<Status(const std::filesystem::path& temporary, const JobReport& report)>
      before_commit;
};

/// Writes a temporary file in the output's folder and renames it; on any error, stop
/// or crash the output stays as it was. Makes missing folders of the output.
/// Errors: kAlreadyExists under OnExisting::kKeep when the output is there (asked
/// before any work, and again at the end), and those of Engine::Run.
Result<JobReport> EnhanceFile(const Engine& engine, const FileJob& job, const RunContext& context,
                              Env& env = Env::Real());

/// The same with bytes: the content of the output file. The job's output is not used.
struct EnhancedMemory {
  std::string bytes;
  JobReport report;
};
Result<EnhancedMemory> EnhanceInMemory(const Engine& engine, const Input& input,
                                       const JobSettings& settings, const RunContext& context);

}  // namespace recover

#include "pipeline/enhance_file.h"

#include <cerrno>
#include <system_error>

#include <sys/mman.h>

#include "base/unique_fd.h"

namespace recover {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxMemoryFileBytes = int64_t{1} << 40;

Status MakeFolder(const fs::path& folder) {
  if (folder.empty()) {
    return Status::Ok();
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error && !fs::is_directory(folder)) {
    return StatusFromErrno(error.value(), folder.string());
  }
  return Status::Ok();
}

Status AlreadyThere(const fs::path& output) {
  return {StatusCode::kAlreadyExists,
          output.string() + " is there already; --overwrite replaces it."};
}

}  // namespace

Result<JobReport> EnhanceFile(const Engine& engine, const FileJob& job, const RunContext& context,
                              Env& env) {
  std::error_code error;
  if (job.on_existing == OnExisting::kKeep && fs::exists(job.output, error)) {
    return AlreadyThere(job.output);
  }
  RECOVER_RETURN_IF_ERROR(MakeFolder(job.output.parent_path()));
  RECOVER_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(env, job.output));
  RECOVER_ASSIGN_OR_RETURN(JobReport report,
                           engine.Run(job.input, job.settings, file.temporary_path(), context));
  // A stop that came after the last tile still keeps its word: nothing appears.
  RECOVER_RETURN_IF_ERROR(context.CheckStop());
  if (job.before_commit) {
    RECOVER_RETURN_IF_ERROR(job.before_commit(file.temporary_path(), report));
  }
  const Status committed = file.Commit(job.on_existing);
  if (committed.code() == StatusCode::kAlreadyExists) {
    return AlreadyThere(job.output);
  }
  RECOVER_RETURN_IF_ERROR(committed);
  return report;
}

Result<EnhancedMemory> EnhanceInMemory(const Engine& engine, const Input& input,
                                       const JobSettings& settings, const RunContext& context) {
  // The encoder writes to a path; this one leads to memory and to no disk.
  const UniqueFd fd(memfd_create("recover-output", MFD_CLOEXEC));
  if (!fd.valid()) {
    return StatusFromErrno(errno, "memory for the output");
  }
  const fs::path path = "/proc/self/fd/" + std::to_string(fd.get());
  EnhancedMemory result;
  RECOVER_ASSIGN_OR_RETURN(result.report, engine.Run(input, settings, path, context));
  RECOVER_RETURN_IF_ERROR(context.CheckStop());
  RECOVER_ASSIGN_OR_RETURN(result.bytes, Env::Real().ReadFile(path, kMaxMemoryFileBytes));
  return result;
}

}  // namespace recover

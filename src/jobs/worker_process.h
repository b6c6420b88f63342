// One child process of the pool.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace recover {

/// A worker's process with both ends of its talk. Moves. Not thread-safe. Dropping it
/// closes the pipes, which stops the child, but does not wait: see Reap().
class WorkerProcess {
 public:
  /// Starts PROGRAM ARGUMENTS in a process group of its own, so that a Ctrl-C on the
  /// terminal reaches this process alone, with no descriptor but the three standard ones.
  static Result<WorkerProcess> Start(const std::filesystem::path& program,
                                     const std::vector<std::string>& arguments, int niceness);

  int pid() const { return pid_; }
  /// Where the child's lines come from; readable when there is something or it is gone.
  int output_fd() const { return output_.get(); }
  std::chrono::steady_clock::time_point started() const { return started_; }

  /// Sends one byte; a child that is gone or does not read is passed over.
  void Tell(char byte);
  /// Ends the child's standard input: it is to stop.
  void CloseInput() { input_.Reset(); }

  /// Takes in what the child has written; false when it has closed its output: it is gone.
  bool ReadOutput();
  /// Empty until the child has told it.
  const std::string& worker_id() const { return worker_id_; }
  bool is_ready() const { return is_ready_; }

  void Kill() const;
  /// Kills what is left of the child, waits for it and says how it ended:
  /// "exit code 3", "signal 11 (Segmentation fault)".
  std::string Reap();

 private:
  WorkerProcess() = default;
  void TakeLine(const std::string& line);

  int pid_ = -1;
  UniqueFd input_;
  UniqueFd output_;
  std::chrono::steady_clock::time_point started_;
  std::string pending_text_;
  std::string worker_id_;
  bool is_ready_ = false;
};

}  // namespace recover

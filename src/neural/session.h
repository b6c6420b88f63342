// A loaded network, ready to run. The only gate to ONNX Runtime.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "neural/device.h"
#include "neural/tensor.h"

namespace recover {

struct SessionOptions {
  Device device = Device::kCpu;
  /// Threads inside one Run (CPU). The results do not depend on it (tested).
  int threads = 1;
  /// Where to write the graph as the engine will run it, folded and fused; for
  /// tests and diagnosis. Empty = nowhere.
  std::filesystem::path optimized_graph_path = {};
};

/// What a network takes or gives under one name.
struct TensorInfo {
  std::string name;
  Shape shape;  ///< -1 where any size is taken.
  bool is_float = false;
};

/// A network in memory. Moves. Thread-safe: Run may be called from several threads
/// at once (on a GPU the runs queue up).
class Session {
 public:
  /// `onnx`: the bytes of an ONNX file; not needed afterwards.
  /// Weights stored as fp16 or int8 behind Cast (and Mul) are unfolded to fp32 here,
  /// once. Errors: kCorruptInput when it is no valid network, kUnavailable when the
  /// device or the engine is missing.
  static Result<Session> Load(std::string_view onnx, const SessionOptions& options);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  const std::vector<TensorInfo>& inputs() const;
  const std::vector<TensorInfo>& outputs() const;
  /// kCpu or kGpu.
  Device device() const;

  /// Runs the network once. Inputs are only read; the output is written in place
  /// and must have the shape that the network gives.
  /// Errors: kInvalidArgument for names or shapes that the network does not take;
  /// kCancelled soon after `stop` is requested, also in the middle of a run;
  /// kTooLarge when memory ran out; kInternal otherwise.
  Status Run(std::span<const NamedTensor> inputs, const NamedTensor& output,
             const std::stop_token& stop = {}) const;

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace recover

#include "neural/session.h"

#include <mutex>
#include <unordered_map>
#include <utility>

#include "neural/engine.h"

namespace recover {

struct Session::State {
  Ort::Session session{nullptr};
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  Device device = Device::kCpu;
  std::mutex gpu_mutex;  ///< The WebGPU provider takes one run at a time.
};

namespace {

Ort::SessionOptions EngineOptions(const SessionOptions& options, Device device) {
  Ort::SessionOptions engine;
  engine.SetIntraOpNumThreads(options.threads);
  engine.SetInterOpNumThreads(1);
  engine.SetExecutionMode(ORT_SEQUENTIAL);
  engine.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  // A plan of the memory per shape saves nothing here and is held beside what the
  // first run took: 160 instead of 99 MiB at 800 x 800 (general-fast).
  engine.DisableMemPattern();
  // Idle threads sleep: between tiles the same cores decode, resample and encode.
  engine.AddConfigEntry("session.intra_op.allow_spinning", "0");
  // Weights behind DequantizeLinear would otherwise be unfolded at every run.
  engine.AddConfigEntry("session.disable_quant_qdq", "1");
  if (!options.optimized_graph_path.empty()) {
    engine.SetOptimizedModelFilePath(options.optimized_graph_path.c_str());
  }
  if (device == Device::kGpu) {
    engine.AppendExecutionProvider("WebGPU", std::unordered_map<std::string, std::string>{});
  }
  return engine;
}

TensorInfo InfoOf(std::string name, const Ort::TypeInfo& type) {
  TensorInfo info;
  info.name = std::move(name);
  if (type.GetONNXType() == ONNX_TYPE_TENSOR) {
    const auto tensor = type.GetTensorTypeAndShapeInfo();
    info.shape = tensor.GetShape();
    info.is_float = tensor.GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
  }
  return info;
}

void Describe(const Ort::Session& session, std::vector<TensorInfo>& inputs,
              std::vector<TensorInfo>& outputs) {
  Ort::AllocatorWithDefaultOptions allocator;
  for (size_t i = 0; i < session.GetInputCount(); ++i) {
    inputs.push_back(
        InfoOf(session.GetInputNameAllocated(i, allocator).get(), session.GetInputTypeInfo(i)));
  }
  for (size_t i = 0; i < session.GetOutputCount(); ++i) {
    outputs.push_back(
        InfoOf(session.GetOutputNameAllocated(i, allocator).get(), session.GetOutputTypeInfo(i)));
  }
}

/// The engine's own sentence, without the source line and condition before it.
std::string Reason(const Ort::Exception& error) {
  std::string what = error.what();
  constexpr std::string_view kCondition = " was false. ";
  if (const size_t at = what.rfind(kCondition); at != std::string::npos) {
    what.erase(0, at + kCondition.size());
  }
  while (!what.empty() && (what.back() == '\n' || what.back() == '.')) {
    what.pop_back();
  }
  return what;
}

Status LoadError(const Ort::Exception& error, Device device) {
  const OrtErrorCode code = error.GetOrtErrorCode();
  if (code == ORT_INVALID_PROTOBUF || code == ORT_INVALID_GRAPH || code == ORT_INVALID_ARGUMENT ||
      code == ORT_NO_MODEL || code == ORT_NOT_IMPLEMENTED) {
    return {StatusCode::kCorruptInput, std::string("not a usable network: ") + error.what()};
  }
  if (device == Device::kGpu) {
    return {StatusCode::kUnavailable,
            "no GPU can be used (" + Reason(error) +
                "): install libvulkan1 and your GPU's Vulkan driver, or use --device cpu"};
  }
  return {StatusCode::kInternal, std::string("ONNX Runtime: ") + error.what()};
}

Status RunError(const Ort::Exception& error) {
  const std::string what = error.what();
  if (error.GetOrtErrorCode() == ORT_INVALID_ARGUMENT) {
    return {StatusCode::kInvalidArgument, "the network refuses its inputs: " + what};
  }
  if (what.find("allocate memory") != std::string::npos ||
      what.find("bad_alloc") != std::string::npos) {
    return {StatusCode::kTooLarge, "not enough memory for a tile: lower --tile or --memory"};
  }
  return {StatusCode::kInternal, "the network failed: " + what};
}

Ort::Value Borrow(const NamedTensor& tensor) {
  static const Ort::MemoryInfo memory =
      Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
  RECOVER_CHECK(static_cast<int64_t>(tensor.values.size()) == SampleCount(tensor.shape));
  return Ort::Value::CreateTensor<float>(memory, tensor.values.data(), tensor.values.size(),
                                         tensor.shape.data(), tensor.shape.size());
}

}  // namespace

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

const std::vector<TensorInfo>& Session::inputs() const { return state_->inputs; }
const std::vector<TensorInfo>& Session::outputs() const { return state_->outputs; }
Device Session::device() const { return state_->device; }

Result<Session> Session::Load(std::string_view onnx, const SessionOptions& options) {
  RECOVER_CHECK(options.threads >= 1);
  RECOVER_ASSIGN_OR_RETURN(const Device device, ResolveDevice(options.device));
  auto state = std::make_unique<State>();
  state->device = device;
  try {
    // Before the options: adding a provider wants the environment's logger.
    Ort::Env& env = internal::EngineEnv();
    state->session = Ort::Session(env, onnx.data(), onnx.size(), EngineOptions(options, device));
    Describe(state->session, state->inputs, state->outputs);
  } catch (const Ort::Exception& error) {
    return LoadError(error, device);
  }
  return Session(std::move(state));
}

Status Session::Run(std::span<const NamedTensor> inputs, const NamedTensor& output,
                    const std::stop_token& stop) const {
  if (stop.stop_requested()) {
    return {StatusCode::kCancelled, "stopped before the network ran"};
  }
  try {
    std::vector<const char*> names;
    std::vector<Ort::Value> values;
    for (const NamedTensor& input : inputs) {
      names.push_back(input.name.c_str());
      values.push_back(Borrow(input));
    }
    const char* output_name = output.name.c_str();
    Ort::Value result = Borrow(output);

    Ort::RunOptions run;
    std::unique_lock<std::mutex> one_at_a_time(state_->gpu_mutex, std::defer_lock);
    if (state_->device == Device::kGpu) {
      one_at_a_time.lock();
    }
    const std::stop_callback on_stop(stop, [&run] { run.SetTerminate(); });
    state_->session.Run(run, names.data(), values.data(), values.size(), &output_name, &result, 1);
  } catch (const Ort::Exception& error) {
    if (stop.stop_requested()) {
      return {StatusCode::kCancelled, "stopped while the network ran"};
    }
    return RunError(error);
  }
  return Status::Ok();
}

}  // namespace recover

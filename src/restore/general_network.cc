#include "restore/general_network.h"

#include <algorithm>
#include <cmath>

namespace recover {
namespace {

const TensorInfo* FindTensor(const std::vector<TensorInfo>& tensors, std::string_view name) {
  const auto found = std::ranges::find(tensors, name, &TensorInfo::name);
  return found == tensors.end() ? nullptr : &*found;
}

Status SignatureError(const Manifest& manifest, const std::string& reason) {
  return {StatusCode::kCorruptInput, "model " + manifest.name + ": " + reason};
}

Status CheckTensor(const Manifest& manifest, const std::vector<TensorInfo>& tensors,
                   const std::string& name, const Shape& expected) {
  const TensorInfo* tensor = FindTensor(tensors, name);
  if (tensor == nullptr) {
    return SignatureError(manifest, "the network has no '" + name + "'");
  }
  if (!tensor->is_float || tensor->shape != expected) {
    return SignatureError(manifest, "'" + name + "' must be float32 of shape " +
                                        ShapeText(expected) + ", not " + ShapeText(tensor->shape));
  }
  return Status::Ok();
}

std::string DialNames(const Manifest& manifest) {
  std::string names;
  for (const Dial& dial : manifest.dials) {
    names += (names.empty() ? "" : ", ") + dial.name;
  }
  return names;
}

}  // namespace

Result<std::unique_ptr<GeneralNetwork>> GeneralNetwork::Create(StoredModel model, Device device) {
  RECOVER_ASSIGN_OR_RETURN(const Device resolved, ResolveDevice(device));
  std::unique_ptr<GeneralNetwork> network(new GeneralNetwork(std::move(model), resolved));
  RECOVER_ASSIGN_OR_RETURN(const Session* session, network->SessionFor(1));
  RECOVER_RETURN_IF_ERROR(network->CheckSignature(*session));
  return network;
}

Result<const Session*> GeneralNetwork::SessionFor(int threads) const {
  const int key = device_ == Device::kGpu ? 1 : threads;
  const std::lock_guard lock(sessions_mutex_);
  if (const auto found = sessions_.find(key); found != sessions_.end()) {
    return static_cast<const Session*>(&found->second);
  }
  SessionOptions options;
  options.device = device_;
  options.threads = key;
  Result<Session> session = Session::Load(model_.onnx, options);
  if (!session) {
    return session.error().WithContext("model " + model_.manifest.name);
  }
  return static_cast<const Session*>(&sessions_.emplace(key, *std::move(session)).first->second);
}

Status GeneralNetwork::CheckSignature(const Session& session) {
  const Manifest& m = manifest();
  if (session.inputs().size() != 4) {
    return SignatureError(m, "the network must take image, noise, dials and prompt alone");
  }
  RECOVER_RETURN_IF_ERROR(CheckTensor(m, session.inputs(), "image", {1, 3, -1, -1}));
  RECOVER_RETURN_IF_ERROR(CheckTensor(m, session.inputs(), "noise", {1, m.noise_channels, -1, -1}));
  RECOVER_RETURN_IF_ERROR(CheckTensor(m, session.inputs(), "prompt", {1, m.prompt_size}));
  RECOVER_RETURN_IF_ERROR(CheckTensor(m, session.outputs(), "restored", {1, 3, -1, -1}));
  const TensorInfo* dials = FindTensor(session.inputs(), "dials");
  if (dials == nullptr || !dials->is_float || dials->shape.size() != 2 || dials->shape[0] != 1 ||
      dials->shape[1] < 1) {
    return SignatureError(m, "'dials' must be float32 of shape (1, K)");
  }
  dial_count_ = static_cast<size_t>(dials->shape[1]);
  for (const Dial& dial : m.dials) {
    if (static_cast<size_t>(dial.index) >= dial_count_) {
      return SignatureError(m, "dial '" + dial.name + "' has index " + std::to_string(dial.index) +
                                   ", the network takes " + std::to_string(dial_count_));
    }
  }
  return Status::Ok();
}

Result<std::vector<float>> GeneralNetwork::DialValues(const NetworkSettings& settings) const {
  RECOVER_CHECK(settings.scale > 0);
  const Manifest& m = manifest();
  if (settings.creativity < 1 || settings.creativity > 9) {
    return Status(StatusCode::kInvalidArgument,
                  "creativity " + std::to_string(settings.creativity) + " is not in 1..9");
  }
  std::vector<float> values(dial_count_);
  for (const Dial& dial : m.dials) {
    values[dial.index] = static_cast<float>(dial.default_value);
  }
  for (const auto& [name, value] : settings.dials) {
    const Dial* dial = m.FindDial(name);
    if (dial == nullptr) {
      return Status(StatusCode::kInvalidArgument,
                    "model " + m.name + " has no dial '" + name + "'; it has: " + DialNames(m));
    }
    if (!(dial->min <= value && value <= dial->max)) {
      return Status(StatusCode::kInvalidArgument, "dial '" + name + "' must be from " +
                                                      std::to_string(dial->min) + " to " +
                                                      std::to_string(dial->max));
    }
    values[dial->index] = static_cast<float>(value);
  }
  const Dial& scale = *m.FindDial("log2_scale");
  values[scale.index] =
      static_cast<float>(std::clamp(std::log2(settings.scale), scale.min, scale.max));
  const Dial& creativity = *m.FindDial("creativity");
  values[creativity.index] = static_cast<float>(
      std::clamp(m.creativity_table[settings.creativity - 1], creativity.min, creativity.max));
  return values;
}

Status GeneralNetwork::RestoreTile(const TileTensors& tile, int threads,
                                   const std::stop_token& stop) const {
  const Manifest& m = manifest();
  const int64_t width = tile.size.width;
  const int64_t height = tile.size.height;
  RECOVER_CHECK(width % m.multiple_px == 0 && height % m.multiple_px == 0);
  RECOVER_ASSIGN_OR_RETURN(const Session* session, SessionFor(threads));
  // No words yet: the empty prompt is the zero vector.
  std::vector<float> prompt(m.prompt_size);
  const NamedTensor inputs[] = {
      {"image", {1, 3, height, width}, tile.image},
      {"noise", {1, m.noise_channels, height / 4, width / 4}, tile.noise},
      {"dials", {1, static_cast<int64_t>(tile.dials.size())}, tile.dials},
      {"prompt", {1, m.prompt_size}, prompt},
  };
  return session->Run(inputs, {"restored", {1, 3, height, width}, tile.restored}, stop);
}

}  // namespace recover

// The restoration network: an ONNX session that keeps the contract of its manifest.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/image.h"
#include "neural/model_store.h"
#include "neural/session.h"

namespace recover {

/// What a picture asks of the network, in the person's terms.
struct NetworkSettings {
  /// Output size over input size (geometric mean of both axes); > 0.
  double scale = 1.0;
  /// 1 = faithful .. 9 = inventive; the manifest's table gives the network's value.
  int creativity = 1;
  /// Other dials by name, in the manifest's units; the rest stay at their defaults.
  std::map<std::string, double> dials = {};
};

/// The buffers of one tile. All planes are CHW float.
struct TileTensors {
  Size size;                  ///< Sides are multiples of manifest.multiple_px.
  std::span<float> image;     ///< 3 planes of size: sRGB-encoded RGB in [0, 1].
  std::span<float> noise;     ///< noise_channels planes of size / 4: unit Gaussian.
  std::span<float> dials;     ///< From DialValues().
  std::span<float> restored;  ///< 3 planes of size; written.
};

/// A loaded network of kind "general". Thread-safe: RestoreTile may run on several
/// threads at once.
class GeneralNetwork {
 public:
  /// Errors: those of Session::Load; kCorruptInput when the network's inputs and
  /// outputs are not those that its manifest promises.
  static Result<std::unique_ptr<GeneralNetwork>> Create(StoredModel model, Device device);

  const Manifest& manifest() const { return model_.manifest; }
  /// kCpu or kGpu.
  Device device() const { return device_; }

  /// The `dials` input for these settings.
  /// Errors: kInvalidArgument for a creativity outside 1..9, a dial that the
  /// network has not, or a value out of its range.
  Result<std::vector<float>> DialValues(const NetworkSettings& settings) const;

  /// Runs the network on one tile with `threads` threads (of the CPU); the result
  /// does not depend on their number. Errors: those of Session::Run.
  Status RestoreTile(const TileTensors& tile, int threads, const std::stop_token& stop) const;

 private:
  GeneralNetwork(StoredModel model, Device device) : model_(std::move(model)), device_(device) {}
  Result<const Session*> SessionFor(int threads) const;
  Status CheckSignature(const Session& session);

  StoredModel model_;
  Device device_;
  size_t dial_count_ = 0;
  mutable std::mutex sessions_mutex_;
  /// One session per number of threads in use: the engine fixes it at load. Never removed.
  mutable std::map<int, Session> sessions_;
};

}  // namespace recover

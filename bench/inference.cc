// How fast does the network run, against one convolution of the same engine and
// against the processor's peak, all in this run?
//
//   bench_inference [MODEL] [ROUNDS]
//
// Tiles run side by side, one thread each, as restoring does on a large picture. The
// three are measured in turns and the best round of each counts: other programs on the
// machine can only slow a round down.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/parallel.h"
#include "machine.h"
#include "neural/model_store.h"
#include "neural/session.h"
#include "peak_fma.h"

namespace recover::bench {
namespace {

constexpr int64_t kMaxOnnxBytes = int64_t{1} << 28;
constexpr double kPeakSeconds = 0.5;
constexpr int kConvChannels = 64;

double SecondsOf(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

[[noreturn]] void Fail(const Status& status) {
  std::fprintf(stderr, "%s\n", status.message().c_str());
  std::exit(1);
}

/// One thread's copy of everything a run needs.
struct Lane {
  Session session;
  std::vector<Tensor> inputs;
  std::vector<std::string> names;
  Tensor output;
  std::string output_name;

  void Run() {
    std::vector<NamedTensor> named;
    for (size_t i = 0; i < inputs.size(); ++i) {
      named.push_back({names[i], inputs[i].shape, inputs[i].values});
    }
    const Status status = session.Run(named, {output_name, output.shape, output.values});
    if (!status.ok()) Fail(status);
  }
};

/// A lane for `onnx` with free sides of pictures put to `side` (image) and side / 4.
Lane MakeLane(const std::string& onnx, int side, const std::vector<Shape>& shapes,
              const Shape& output) {
  auto session = Session::Load(onnx, {.device = Device::kCpu, .threads = 1});
  if (!session) Fail(session.error());
  Lane lane{*std::move(session), {}, {}, Tensor(output), {}};
  for (size_t i = 0; i < shapes.size(); ++i) {
    lane.names.push_back(lane.session.inputs()[i].name);
    Tensor tensor(shapes[i]);
    for (size_t k = 0; k < tensor.values.size(); ++k) {
      tensor.values[k] =
          static_cast<float>((k * 2654435761U + static_cast<size_t>(side)) % 256) / 255;
    }
    lane.inputs.push_back(std::move(tensor));
  }
  lane.output_name = lane.session.outputs()[0].name;
  return lane;
}

std::vector<Shape> NetworkShapes(const Session& session, const Manifest& manifest, int side) {
  std::vector<Shape> shapes;
  for (const TensorInfo& input : session.inputs()) {
    if (input.name == "image") {
      shapes.push_back({1, 3, side, side});
    } else if (input.name == "noise") {
      shapes.push_back({1, manifest.noise_channels, side / 4, side / 4});
    } else {
      shapes.push_back({1, input.shape[1]});
    }
  }
  return shapes;
}

/// FLOP of the network on one tile, its overlap being part of the tile.
double NetworkFlop(const Manifest& manifest, int side) {
  const int multiple = manifest.multiple_px;
  const int radius = (manifest.receptive_field_radius_px + multiple - 1) / multiple * multiple;
  const double overlap = (manifest.default_tile_px + 2.0 * radius) / manifest.default_tile_px;
  const double flop_per_pixel = manifest.tflop_per_mp * 1e6 / (overlap * overlap);
  return flop_per_pixel * side * side;
}

double ConvFlop(int side) { return 2.0 * 9 * kConvChannels * kConvChannels * side * side; }

double BestRate(std::vector<Lane>& lanes, ThreadPool& pool, double flop, double best) {
  const double seconds = SecondsOf([&] {
    ParallelFor(pool, static_cast<int64_t>(lanes.size()),
                [&lanes](int64_t i) { lanes[static_cast<size_t>(i)].Run(); });
  });
  return std::max(best, static_cast<double>(lanes.size()) * flop / seconds);
}

void Measure(const StoredModel& model, const std::string& conv, int threads, int rounds) {
  const Manifest& manifest = model.manifest;
  const int radius = (manifest.receptive_field_radius_px + 15) / 16 * 16;
  const int side = manifest.default_tile_px + 2 * radius;
  const int conv_side = side / 4;
  std::vector<Lane> network;
  std::vector<Lane> convolution;
  auto probe = Session::Load(model.onnx, {.device = Device::kCpu, .threads = 1});
  if (!probe) Fail(probe.error());
  for (int i = 0; i < threads; ++i) {
    network.push_back(
        MakeLane(model.onnx, side, NetworkShapes(*probe, manifest, side), {1, 3, side, side}));
    const Shape shape{1, kConvChannels, conv_side, conv_side};
    convolution.push_back(MakeLane(conv, conv_side, {shape}, shape));
  }
  ThreadPool pool(threads);
  double network_rate = 0;
  double conv_rate = 0;
  double peak_rate = 0;
  for (int round = 0; round <= rounds; ++round) {
    const double conv_now = BestRate(convolution, pool, ConvFlop(conv_side), 0);
    const double network_now = BestRate(network, pool, NetworkFlop(manifest, side), 0);
    if (round == 0) continue;  // Buffers are set up.
    conv_rate = std::max(conv_rate, conv_now);
    network_rate = std::max(network_rate, network_now);
    peak_rate = std::max(peak_rate, MeasurePeakFlops(threads, kPeakSeconds));
  }
  std::printf("%7d  %8s  %8s  %8s  %13s  %13s  %8s\n", threads,
              Fixed(network_rate / 1e9, 1).c_str(), Fixed(conv_rate / 1e9, 1).c_str(),
              Fixed(peak_rate / 1e9, 1).c_str(), Fixed(network_rate / conv_rate, 3).c_str(),
              Fixed(network_rate / peak_rate, 3).c_str(),
              Fixed(network_rate / (manifest.tflop_per_mp * 1e12), 2).c_str());
}

}  // namespace
}  // namespace recover::bench

int main(int argc, char** argv) {
  namespace bench = recover::bench;
  const char* folder = std::getenv("RECOVER_MODELS");
  const recover::ModelStore store(recover::ModelSearchPath(folder == nullptr ? "" : folder));
  const auto model = store.Load(argc > 1 ? argv[1] : "general-fast");
  if (!model) bench::Fail(model.error());
  const auto conv = recover::Env::Real().ReadFile(RECOVER_CONV_ONNX, bench::kMaxOnnxBytes);
  if (!conv) bench::Fail(conv.error());
  const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 5;
  std::printf("%s\nGFLOP/s, best of %d rounds; MP/s with the overlap of the default tile\n\n",
              bench::MachineText(model->manifest).c_str(), rounds);
  std::printf("threads   network  conv 64   peak FMA  network/conv  network/peak      MP/s\n");
  const int cpus = recover::AvailableCpus();
  bench::Measure(*model, *conv, 1, rounds);
  if (cpus > 1) bench::Measure(*model, *conv, cpus, rounds);
  return 0;
}

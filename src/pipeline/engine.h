// One loaded network and the way a picture takes through it:
// decode, bleed, resample, restore, encode, all pulled in rows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/run_context.h"
#include "codec/encode.h"
#include "codec/picture.h"
#include "image/tone_rows.h"
#include "neural/device.h"
#include "neural/manifest.h"
#include "pipeline/frame_plan.h"

namespace recover {

/// What is settled once, when the network is loaded.
struct EngineOptions {
  std::string model = "general-fast";
  std::filesystem::path models_folder;  ///< Empty = where ModelStore looks.
  Device device = Device::kAuto;
  int threads = 0;                    ///< Tiles at once; 0 = AvailableCpus().
  int64_t memory_bytes = 0;           ///< Budget for one picture; 0 = half of what is available.
  int tile_px = 0;                    ///< Core of a tile; 0 = the model's own.
  std::filesystem::path temp_folder;  ///< For spools; empty = the system's.
};

/// What is settled for each picture.
struct JobSettings {
  SizeRequest size;
  PixelLimits limits;
  int creativity = 3;           ///< 1 (faithful) to 9 (inventive).
  std::optional<int64_t> seed;  ///< >= 0; nothing = from the input's bytes.
  ToneMode tone = ToneMode::kAuto;
  FileFormat format = FileFormat::kJpeg;
  int quality = 0;  ///< 1 to 100; 0 = the format's habit.
  ProfileMode profile = ProfileMode::kKeep;
  bool strip_metadata = false;
};

/// What a job will do and take, from the picture's header alone.
struct JobPlan {
  PictureInfo input;
  FramePlan frame;
  int output_channels = 3;
  int output_bits = 8;
  int workers = 1;
  int64_t memory_bytes = 0;    ///< What the work holds at most, as far as it is known.
  double work_megapixels = 0;  ///< What the network goes through, overlap included.
  int64_t output_bytes = 0;    ///< A guess at the size of the file.

  double output_megapixels() const { return static_cast<double>(frame.output.area()) / 1e6; }
};

/// Wall time by stage; the stages add up to the total but for opening the file.
struct StageSeconds {
  double decode = 0;
  double resample = 0;
  double network = 0;
  double encode = 0;
  double total = 0;
};

/// What a job did.
struct JobReport {
  JobPlan plan;
  int64_t seed = 0;
  std::string input_sha256;
  bool tone_changed = false;  ///< Whether the tone stage found something to do.
  StageSeconds seconds;
  int64_t output_bytes = 0;
  int64_t peak_bytes = 0;  ///< The most memory this process ever held.
};

/// A loaded network with what it needs to enhance pictures. Thread-safe: each Run has
/// its own threads and its own share of the budget, which counts per picture.
class Engine {
 public:
  /// Errors: those of finding, checking and loading the model and of the device;
  /// kInvalidArgument for a tile that is too small.
  static Result<std::unique_ptr<Engine>> Load(const EngineOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const Manifest& manifest() const;
  /// With threads, memory and device settled: none is "auto" any more.
  const EngineOptions& options() const;

  /// What the decoder sees. Errors: those of opening the picture, kTooLarge beyond
  /// the limit of input pixels.
  Result<PictureInfo> Inspect(const Input& input, const PixelLimits& limits) const;

  /// Errors: those of PlanFrame and of the format's limits, and kTooLarge below the
  /// least memory. No disk is touched.
  Result<JobPlan> Plan(const PictureInfo& info, const JobSettings& settings) const;

  /// Enhances `input` into the file `output`, which is made or overwritten in place;
  /// EnhanceFile() in enhance_file.h makes it appear whole or not at all.
  /// Progress counts output pixels. Context's pool is not used.
  /// Errors: those of Inspect, Plan, decoding, encoding and writing; kCancelled.
  Result<JobReport> Run(const Input& input, const JobSettings& settings,
                        const std::filesystem::path& output, const RunContext& context) const;

  /// SHA-256 in hex of all that decides an output's bytes besides the input: settings,
  /// model, tile, device, version.
  std::string SettingsKey(const JobSettings& settings) const;

  /// Seconds that the network takes for a megapixel of tiles on all threads, measured
  /// on a small picture now. For estimates. Errors: those of the network.
  Result<double> MeasureSecondsPerMegapixel() const;

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace recover

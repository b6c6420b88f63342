// Recover as a library: restores and enlarges photographs on this machine.
//
//   auto enhancer = recover::Enhancer::Load({});
//   if (!enhancer.ok()) { ... enhancer.error().message ... }
//   recover::EnhanceSettings settings;
//   settings.scale = 4;
//   auto report = enhancer->EnhanceFile("in.jpg", "out.jpg", settings);
//
// Needs C++20. Nothing here throws, prints or exits. Build with
// find_package(recover) and link recover::recover.
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace recover {

/// What kind of failure it was; the sentence says the rest.
enum class ErrorKind {
  kInvalidArgument,    ///< A setting is wrong or out of range.
  kNotFound,           ///< A file or a model is not there.
  kAlreadyExists,      ///< The output is there and may not be replaced.
  kUnsupportedFormat,  ///< Not a picture that this build reads or writes.
  kCorruptInput,       ///< The picture is damaged or cut short.
  kTooLarge,           ///< Over a limit of pixels, bytes or memory.
  kPermissionDenied,   ///< The system forbids reading or writing.
  kOutOfSpace,         ///< The disk is full.
  kCancelled,          ///< A stop was asked for.
  kUnavailable,        ///< A device or a library is missing.
  kIoError,            ///< Reading or writing failed.
  kInternal,           ///< A fault of recover itself.
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;  ///< One sentence: what failed, where, what can be done.
};

/// A value, or the error that says why there is none. Asking for the one that is
/// not there ends the program.
template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Outcome(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() { return *Checked(std::get_if<0>(&state_)); }
  const T& value() const { return *Checked(std::get_if<0>(&state_)); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return *Checked(std::get_if<1>(&state_)); }

 private:
  template <typename P>
  static P* Checked(P* pointer) {
    if (pointer == nullptr) std::terminate();
    return pointer;
  }

  std::variant<T, Error> state_;
};

enum class DeviceChoice { kAuto, kCpu, kGpu };
enum class ProfileChoice { kKeep, kSrgb };
/// kAuto gives faded grey and sepia photographs their range back and keeps their tint; kKeep does
/// nothing; kNeutral takes casts off too: sepia becomes grey.
enum class ToneChoice { kAuto, kKeep, kNeutral };

/// What is settled once, when the network is loaded.
struct LoadOptions {
  std::string model = "general-fast";
  /// Folder of the networks; empty = RECOVER_MODELS, else the installed ones.
  std::filesystem::path models_folder;
  DeviceChoice device = DeviceChoice::kAuto;
  int threads = 0;                    ///< Tiles worked on at once; 0 = one for each core.
  int64_t memory_bytes = 0;           ///< Working memory to stay under; 0 = half of what is free.
  int tile_px = 0;                    ///< Side of a tile's core; 0 = the model's own.
  std::filesystem::path temp_folder;  ///< For scratch files; empty = the system's.
};

/// What is settled for each picture. Sizes are after EXIF orientation.
struct EnhanceSettings {
  std::optional<double> scale;  ///< Factor on both sides; excludes width and height.
  std::optional<int> width;     ///< Output pixels; the height follows unless given.
  std::optional<int> height;    ///< Output pixels; the width follows unless given.
  bool crop_to_fill = false;    ///< With both sides: cut rather than add borders.

  int creativity = 3;           ///< 1 (faithful) to 9 (inventive).
  std::optional<int64_t> seed;  ///< >= 0; nothing = from the input's bytes.
  ToneChoice tone = ToneChoice::kAuto;

  /// "jpeg", "png", "tiff", "webp", "avif", "jxl"; empty = the output's extension,
  /// else the input's own format.
  std::string format;
  int quality = 0;  ///< 1 to 100; 0 = the format's habit.
  ProfileChoice profile = ProfileChoice::kKeep;
  bool strip_metadata = false;

  bool overwrite = false;  ///< EnhanceFile may replace an existing file.
  int64_t max_input_pixels = 384'000'000;
  int64_t max_output_pixels = 384'000'000;
};

/// What was done.
struct EnhanceReport {
  int input_width = 0;
  int input_height = 0;
  int output_width = 0;
  int output_height = 0;
  std::string format;  ///< "jpeg" ...
  int64_t seed = 0;
  int workers = 0;  ///< Tiles worked on at once.
  double decode_seconds = 0;
  double resample_seconds = 0;
  double network_seconds = 0;
  double encode_seconds = 0;
  double total_seconds = 0;
  int64_t peak_bytes = 0;  ///< The most memory this process ever held.
};

/// How to follow a run and end it early. Both may be left empty.
struct EnhanceControl {
  std::stop_token stop;
  /// Told the share that is done, 0 to 1, never falling. Called from one thread at a
  /// time, not always the caller's; must be quick and must not throw.
  std::function<void(double share)> progress;
};

/// A picture in memory and what was done.
struct EnhancedBytes {
  std::string bytes;  ///< The content of a picture file.
  EnhanceReport report;
};

/// A loaded network that enhances pictures. Loading takes a moment, so load once and
/// enhance many. Thread-safe: pictures enhanced from several threads share the cores.
class Enhancer {
 public:
  /// Errors: kNotFound for a missing model, kCorruptInput for a damaged one,
  /// kUnavailable for a missing device, kInvalidArgument.
  static Outcome<Enhancer> Load(const LoadOptions& options);

  Enhancer(Enhancer&&) noexcept;
  Enhancer& operator=(Enhancer&&) noexcept;
  ~Enhancer();

  /// Reads `input`, writes `output`, which appears whole or not at all.
  Outcome<EnhanceReport> EnhanceFile(const std::filesystem::path& input,
                                     const std::filesystem::path& output,
                                     const EnhanceSettings& settings,
                                     const EnhanceControl& control = {}) const;

  /// The same with the bytes of picture files. `name` stands in error messages.
  Outcome<EnhancedBytes> EnhanceBytes(std::string bytes, std::string_view name,
                                      const EnhanceSettings& settings,
                                      const EnhanceControl& control = {}) const;

 private:
  class Impl;
  explicit Enhancer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

/// "0.1.0".
std::string_view Version();

}  // namespace recover

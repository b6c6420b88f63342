// The manifest of a network: what NAME.json beside NAME.onnx says.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace recover {

/// One number that the network is told (docs of training say what it does).
struct Dial {
  std::string name;
  int index = 0;  ///< Its place in the network's `dials` input.
  double default_value = 0;
  double min = 0;
  double max = 0;
};

struct Manifest {
  std::string name;     ///< Lower-case letters, digits and '-'; also the folder's name.
  std::string version;  ///< e.g. "1.0.0"
  std::string kind;     ///< "general"
  std::string file;     ///< The ONNX file's name, in the manifest's folder.
  std::string sha256;   ///< Of that file, 64 lower-case hex digits.
  int64_t bytes = 0;    ///< Of that file.
  std::string licence;  ///< Of the weights.
  std::string card;     ///< The card's file name, in the manifest's folder.
  int64_t parameters = 0;
  double tflop_per_mp = 0;  ///< Per output megapixel, overlap at the default tile included.
  int receptive_field_radius_px = 0;
  int multiple_px = 16;        ///< Sides of what the network takes are multiples of this.
  int default_tile_px = 1024;  ///< What a tile restores along each axis, without overlap.
  int noise_channels = 4;
  int prompt_size = 64;
  /// Memory that a run takes per pixel of its tile, input and output not counted;
  /// for planning, a test holds it against the truth. May be absent.
  int activation_bytes_per_px = 160;
  std::vector<Dial> dials;  ///< Holds at least "log2_scale" and "creativity".
  /// The network's creativity in [0, 1] for creativity 1..9; never falls.
  std::array<double, 9> creativity_table = {};

  /// The dial of that name, or null.
  const Dial* FindDial(std::string_view dial_name) const;
  /// False where all nine settings of creativity give the same picture.
  bool HasCreativity() const { return creativity_table.front() != creativity_table.back(); }
};

/// Parses and checks a manifest. `source` names it in messages.
/// Errors: kCorruptInput with source, field and what the field must be. Fields that
/// are not known are passed over: a later version may add some.
Result<Manifest> ParseManifest(std::string_view json, std::string_view source);

/// True for names that may stand for a model: 1 to 64 of a-z, 0-9, '-'.
bool IsModelName(std::string_view name);

}  // namespace recover

// How a picture is cut into the tiles that a network sees.
#pragma once

#include <vector>

#include "image/image.h"

namespace recover {

struct TilePlanOptions {
  /// The most of the picture that one tile restores along each axis: a tile's side
  /// without its overlap. A multiple of multiple_px.
  int core_px = 1024;
  /// Radius of the network's receptive field: how far from a cut line a tile
  /// must reach so that its crop is exact.
  int radius_px = 112;
  /// Sides and origins of tiles are multiples of this (the network's coarsest grid).
  int multiple_px = 16;
};

/// One tile: it reads `input` of the padded picture and gives `core` of the output.
struct Tile {
  Rect input;
  Rect core;
};

/// Tiles that together give each pixel once.
///
/// All inputs have one size, `tile_size()`, and origins on multiples of
/// multiple_px, inside the picture padded (right and bottom) to that multiple.
/// Every pixel of a core lies at least radius_px inside its input, save where the
/// input ends with the padded picture: so the network gives there what it would
/// give for the whole picture. The inputs are as small as their number allows:
/// along an axis of n pixels in k tiles the work is (n + 2 radius (k - 1)) / n plus
/// the rounding up to multiple_px. With the default options and 1024 pixels or more
/// on both axes that is at most 1.49, with the rounding 1.52 (tested).
/// A value; immutable, so thread-safe.
class TilePlan {
 public:
  /// picture: each side >= 1. core_px, multiple_px >= 1, radius_px >= 0.
  TilePlan(Size picture, const TilePlanOptions& options);

  Size picture() const { return picture_; }
  Size padded() const { return padded_; }
  Size tile_size() const { return tile_size_; }
  int columns() const { return static_cast<int>(across_.size()); }
  /// Rows of tiles.
  int bands() const { return static_cast<int>(down_.size()); }
  /// 0 <= column < columns(), 0 <= band < bands().
  Tile tile(int column, int band) const;
  /// Pixels of all inputs together over pixels of the picture, >= 1.
  double work_ratio() const;

 private:
  struct Span {
    int input_begin;
    int core_begin;
    int core_end;
  };
  static std::vector<Span> CutAxis(int length_px, const TilePlanOptions& options, int* tile_px);

  Size picture_;
  Size padded_;
  Size tile_size_;
  std::vector<Span> across_;
  std::vector<Span> down_;
};

/// The coordinate in [0, length) whose sample stands at `i` when the samples are
/// mirrored about their ends without repeating them (numpy's "reflect"); one
/// sample alone repeats. i >= 0.
int ReflectIndex(int i, int length);

}  // namespace recover

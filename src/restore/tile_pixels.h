// Between the picture's rows (HWC, unbounded) and the network's planes (CHW, [0, 1]).
#pragma once

#include <span>

#include "image/tile_plan.h"
#include "restore/row_ring.h"

namespace recover {

/// Fills three planes of tile.input.size() from the ring, clamped to [0, 1]; pixels
/// beyond the picture's right and bottom edge are mirrored. `channels`: of the
/// ring. Grey is repeated three times.
void PackColour(const RowRing& ring, Size picture, int channels, const Tile& tile,
                std::span<float> planes);

/// The same with the alpha channel (the last one) three times.
void PackAlpha(const RowRing& ring, Size picture, int channels, const Tile& tile,
               std::span<float> planes);

/// Writes the restored colours of tile.core into `band` (the picture's rows from
/// band_y on, all its channels). What lay outside [0, 1] before is added again, so
/// that wide-gamut colours keep their place; grey is the luma of the three planes.
void UnpackColour(const RowRing& ring, const Tile& tile, std::span<const float> planes, int band_y,
                  MutableImageView band);

/// Whether alpha is the same all over a tile.
enum class AlphaKind { kTransparent, kOpaque, kMixed };
AlphaKind ClassifyAlpha(std::span<const float> plane);

/// Sets the last channel of `band` to `alpha` under tile.core.
void FillAlpha(const Tile& tile, float alpha, int band_y, MutableImageView band);

/// Writes the restored alpha of tile.core into the last channel of `band`: luma of
/// `planes`, clamped to [0, 1]. `input`: what PackAlpha made.
/// Where the input is fully opaque (transparent) for up to kAlphaReachPx around, so
/// is the output, exactly: networks leave a faint haze on flat areas, and a tile
/// that was filled as flat must agree with its neighbours. Tiles must overlap by that.
void UnpackAlpha(const Tile& tile, std::span<const float> input, std::span<const float> planes,
                 int band_y, MutableImageView band);

/// How far UnpackAlpha looks around.
inline constexpr int kAlphaReachPx = 8;

}  // namespace recover

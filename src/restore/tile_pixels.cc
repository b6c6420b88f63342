#include "restore/tile_pixels.h"

#include <algorithm>
#include <vector>

#include "image/colour.h"

namespace recover {
namespace {

/// Alpha this near to 0 or 1 counts as such: filters leave rounding errors, and a
/// step of 16-bit files is 1.5e-5, so nothing that can be seen is lost.
constexpr float kFlat = 1e-4F;

float Unit(float v) { return std::clamp(v, 0.0F, 1.0F); }

/// Copies `count` channels from channel `first` on into planes, clamped. Pixels
/// beyond the right and bottom edge are mirrored.
void PackChannels(const RowRing& ring, Size picture, int channels, const Tile& tile, int first,
                  int count, std::span<float> planes) {
  const Rect& in = tile.input;
  const size_t plane = static_cast<size_t>(in.size().area());
  const int inside = std::min(in.width, picture.width - in.x);
  for (int y = 0; y < in.height; ++y) {
    const float* row = ring.Row(ReflectIndex(in.y + y, picture.height));
    for (int p = 0; p < count; ++p) {
      float* out = planes.data() + p * plane + static_cast<size_t>(y) * in.width;
      const float* from = row + static_cast<ptrdiff_t>(in.x) * channels + first + p;
      for (int x = 0; x < inside; ++x) {
        out[x] = Unit(from[static_cast<ptrdiff_t>(x) * channels]);
      }
      for (int x = inside; x < in.width; ++x) {
        const ptrdiff_t mirrored = ReflectIndex(in.x + x, picture.width);
        out[x] = Unit(row[mirrored * channels + first + p]);
      }
    }
  }
}

void RepeatFirstPlane(std::span<float> planes) {
  const size_t plane = planes.size() / 3;
  std::copy_n(planes.begin(), plane, planes.begin() + plane);
  std::copy_n(planes.begin(), plane, planes.begin() + 2 * plane);
}

/// Extremes of alpha per block of 4 x 4 pixels, then over 3 x 3 blocks.
class AlphaBlocks {
 public:
  AlphaBlocks(Size size, std::span<const float> plane)
      : width_(size.width / 4), height_(size.height / 4) {
    std::vector<float> low(static_cast<size_t>(width_) * height_, 1.0F);
    std::vector<float> high(low.size(), 0.0F);
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) {
        const float v = plane[static_cast<size_t>(y) * size.width + x];
        const size_t block = static_cast<size_t>(y / 4) * width_ + x / 4;
        low[block] = std::min(low[block], v);
        high[block] = std::max(high[block], v);
      }
    }
    kinds_.resize(low.size());
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        kinds_[static_cast<size_t>(y) * width_ + x] = KindAround(low, high, x, y);
      }
    }
  }

  AlphaKind at(int x, int y) const { return kinds_[static_cast<size_t>(y / 4) * width_ + x / 4]; }

 private:
  AlphaKind KindAround(const std::vector<float>& low, const std::vector<float>& high, int x,
                       int y) const {
    float least = 1.0F;
    float most = 0.0F;
    for (int v = std::max(0, y - 1); v <= std::min(height_ - 1, y + 1); ++v) {
      for (int u = std::max(0, x - 1); u <= std::min(width_ - 1, x + 1); ++u) {
        least = std::min(least, low[static_cast<size_t>(v) * width_ + u]);
        most = std::max(most, high[static_cast<size_t>(v) * width_ + u]);
      }
    }
    if (most <= kFlat) {
      return AlphaKind::kTransparent;
    }
    return least >= 1.0F - kFlat ? AlphaKind::kOpaque : AlphaKind::kMixed;
  }

  int width_;
  int height_;
  std::vector<AlphaKind> kinds_;
};

}  // namespace

void PackColour(const RowRing& ring, Size picture, int channels, const Tile& tile,
                std::span<float> planes) {
  RECOVER_CHECK(planes.size() == 3 * static_cast<size_t>(tile.input.size().area()));
  PackChannels(ring, picture, channels, tile, 0, ColourChannels(channels), planes);
  if (ColourChannels(channels) == 1) {
    RepeatFirstPlane(planes);
  }
}

void PackAlpha(const RowRing& ring, Size picture, int channels, const Tile& tile,
               std::span<float> planes) {
  RECOVER_CHECK(HasAlpha(channels));
  RECOVER_CHECK(planes.size() == 3 * static_cast<size_t>(tile.input.size().area()));
  PackChannels(ring, picture, channels, tile, channels - 1, 1, planes);
  RepeatFirstPlane(planes);
}

void UnpackColour(const RowRing& ring, const Tile& tile, std::span<const float> planes, int band_y,
                  MutableImageView band) {
  const Rect& core = tile.core;
  const int channels = band.channels();
  const size_t plane = static_cast<size_t>(tile.input.size().area());
  for (int y = 0; y < core.height; ++y) {
    const float* before = ring.Row(core.y + y) + static_cast<ptrdiff_t>(core.x) * channels;
    float* after = band.pixel(core.x, core.y - band_y + y);
    const float* r = planes.data() +
                     static_cast<size_t>(core.y - tile.input.y + y) * tile.input.width + core.x -
                     tile.input.x;
    const float* g = r + plane;
    const float* b = g + plane;
    if (ColourChannels(channels) == 1) {
      for (int x = 0; x < core.width; ++x) {
        const ptrdiff_t at = static_cast<ptrdiff_t>(x) * channels;
        after[at] = Luma(r[x], g[x], b[x]) + (before[at] - Unit(before[at]));
      }
      continue;
    }
    for (int x = 0; x < core.width; ++x) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(x) * channels;
      after[at] = r[x] + (before[at] - Unit(before[at]));
      after[at + 1] = g[x] + (before[at + 1] - Unit(before[at + 1]));
      after[at + 2] = b[x] + (before[at + 2] - Unit(before[at + 2]));
    }
  }
}

AlphaKind ClassifyAlpha(std::span<const float> plane) {
  const auto [low, high] = std::ranges::minmax(plane);
  if (high <= kFlat) {
    return AlphaKind::kTransparent;
  }
  return low >= 1.0F - kFlat ? AlphaKind::kOpaque : AlphaKind::kMixed;
}

void FillAlpha(const Tile& tile, float alpha, int band_y, MutableImageView band) {
  const MutableImageView core =
      band.Crop({tile.core.x, tile.core.y - band_y, tile.core.width, tile.core.height});
  for (int y = 0; y < core.height(); ++y) {
    for (int x = 0; x < core.width(); ++x) {
      core.at(x, y, core.channels() - 1) = alpha;
    }
  }
}

void UnpackAlpha(const Tile& tile, std::span<const float> input, std::span<const float> planes,
                 int band_y, MutableImageView band) {
  const Rect& core = tile.core;
  const size_t plane = static_cast<size_t>(tile.input.size().area());
  const AlphaBlocks blocks(tile.input.size(), input.first(plane));
  for (int y = 0; y < core.height; ++y) {
    const int tile_y = core.y - tile.input.y + y;
    for (int x = 0; x < core.width; ++x) {
      const int tile_x = core.x - tile.input.x + x;
      const size_t at = static_cast<size_t>(tile_y) * tile.input.width + tile_x;
      float alpha = Unit(Luma(planes[at], planes[at + plane], planes[at + 2 * plane]));
      const AlphaKind kind = blocks.at(tile_x, tile_y);
      if (kind != AlphaKind::kMixed) {
        alpha = kind == AlphaKind::kOpaque ? 1.0F : 0.0F;
      }
      band.at(core.x + x, core.y - band_y + y, band.channels() - 1) = alpha;
    }
  }
}

}  // namespace recover

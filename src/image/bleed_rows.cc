// First pass: alpha-weighted sums of colour per cell. Push: each coarser level adds
// up its 2x2 children, with weights that saturate, so that one good cell is enough
// to speak for its parent. Pull: from the coarsest level down, a cell keeps its own
// colour by its weight and takes the rest from its parent, bilinearly.
#include "image/bleed_rows.h"

#include <algorithm>
#include <cmath>

#include "image/colour.h"

namespace recover {
namespace {

constexpr int kMaxGridSide = 1024;
constexpr int kBatchRows = 64;
/// Below this alpha a pixel's colour is coarse (few steps were left when it was
/// stored) and hardly seen, so the map's takes over.
constexpr float kTrustedAlpha = 1.0F / 16.0F;

int CellPx(Size picture) {
  int cell = 1;
  while (std::max(picture.width, picture.height) > int64_t{cell} * kMaxGridSide) {
    cell *= 2;
  }
  return cell;
}

int CeilDiv(int a, int b) { return (a + b - 1) / b; }

/// One level of the pyramid: colours premultiplied by their weights.
struct Level {
  Size size;
  int colours = 0;
  std::vector<float> sums;     ///< colours per cell
  std::vector<float> weights;  ///< one per cell, in [0, 1] once saturated

  Level(Size level_size, int level_colours)
      : size(level_size),
        colours(level_colours),
        sums(static_cast<size_t>(level_size.area()) * level_colours),
        weights(static_cast<size_t>(level_size.area())) {}
};

/// Scales a cell's sum so that its weight is at most 1.
void Saturate(Level& level) {
  for (size_t i = 0; i < level.weights.size(); ++i) {
    if (level.weights[i] > 1.0F) {
      for (int c = 0; c < level.colours; ++c) {
        level.sums[i * level.colours + c] /= level.weights[i];
      }
      level.weights[i] = 1.0F;
    }
  }
}

Level Push(const Level& fine) {
  Level coarse({CeilDiv(fine.size.width, 2), CeilDiv(fine.size.height, 2)}, fine.colours);
  for (int y = 0; y < fine.size.height; ++y) {
    for (int x = 0; x < fine.size.width; ++x) {
      const size_t from = static_cast<size_t>(y) * fine.size.width + x;
      const size_t to = static_cast<size_t>(y / 2) * coarse.size.width + x / 2;
      coarse.weights[to] += fine.weights[from];
      for (int c = 0; c < fine.colours; ++c) {
        coarse.sums[to * fine.colours + c] += fine.sums[from * fine.colours + c];
      }
    }
  }
  Saturate(coarse);
  return coarse;
}

/// Bilinear look into a grid of `colours` per cell; (x, y) in cells, a cell's
/// centre at +0.5. Clamped at the edges.
class GridSampler {
 public:
  GridSampler(const float* cells, Size size, int colours)
      : cells_(cells), size_(size), colours_(colours) {}

  void At(float x, float y, float* out) const {
    const Corner across = Locate(x, size_.width);
    const Corner down = Locate(y, size_.height);
    const float* top = cells_ + static_cast<ptrdiff_t>(down.low) * size_.width * colours_;
    const float* bottom = cells_ + static_cast<ptrdiff_t>(down.high) * size_.width * colours_;
    for (int c = 0; c < colours_; ++c) {
      const float a = top[across.low * colours_ + c];
      const float b = top[across.high * colours_ + c];
      const float d = bottom[across.low * colours_ + c];
      const float e = bottom[across.high * colours_ + c];
      const float upper = a + (b - a) * across.part;
      const float lower = d + (e - d) * across.part;
      out[c] = upper + (lower - upper) * down.part;
    }
  }

 private:
  struct Corner {
    int low;
    int high;
    float part;
  };
  static Corner Locate(float position, int length) {
    const float centred = std::clamp(position - 0.5F, 0.0F, static_cast<float>(length - 1));
    const int low = std::min(static_cast<int>(centred), length - 1);
    return {low, std::min(low + 1, length - 1), centred - static_cast<float>(low)};
  }

  const float* cells_;
  Size size_;
  int colours_;
};

/// Fills `fine` from the filled `coarse` (weights all 1).
void Pull(const Level& coarse, Level& fine) {
  const GridSampler sampler(coarse.sums.data(), coarse.size, coarse.colours);
  float parent[3];
  for (int y = 0; y < fine.size.height; ++y) {
    for (int x = 0; x < fine.size.width; ++x) {
      const size_t at = static_cast<size_t>(y) * fine.size.width + x;
      const float missing = 1.0F - fine.weights[at];
      if (missing > 0.0F) {
        sampler.At((static_cast<float>(x) + 0.5F) / 2, (static_cast<float>(y) + 0.5F) / 2, parent);
        for (int c = 0; c < fine.colours; ++c) {
          fine.sums[at * fine.colours + c] += missing * parent[c];
        }
        fine.weights[at] = 1.0F;
      }
    }
  }
}

void AddRow(const float* pixels, int width, int channels, int cell_px, int cell_y, Level& level) {
  const int colours = level.colours;
  for (int x = 0; x < width; ++x) {
    const float* pixel = pixels + static_cast<ptrdiff_t>(x) * channels;
    const float alpha = std::clamp(pixel[colours], 0.0F, 1.0F);
    if (alpha >= kTrustedAlpha) {
      const size_t cell = static_cast<size_t>(cell_y) * level.size.width + x / cell_px;
      level.weights[cell] += alpha;
      for (int c = 0; c < colours; ++c) {
        level.sums[cell * colours + c] += alpha * pixel[c];
      }
    }
  }
}

bool HasTransparency(ImageView rows) {
  const int alpha = rows.channels() - 1;
  for (int y = 0; y < rows.height(); ++y) {
    for (int x = 0; x < rows.width(); ++x) {
      if (rows.at(x, y, alpha) < kTrustedAlpha) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

Result<BleedMap> BleedMap::Build(RowSource& rows, const RunContext& context) {
  const Size size = rows.size();
  RECOVER_CHECK(HasAlpha(rows.channels()) && size.area() > 0);
  BleedMap map;
  map.colours_ = rows.channels() - 1;
  map.cell_px_ = CellPx(size);
  map.grid_ = {CeilDiv(size.width, map.cell_px_), CeilDiv(size.height, map.cell_px_)};

  std::vector<Level> levels;
  levels.emplace_back(map.grid_, map.colours_);
  Image batch({size.width, std::min(kBatchRows, size.height)}, rows.channels());
  bool transparent = false;
  for (int y = 0; y < size.height; y += kBatchRows) {
    RECOVER_RETURN_IF_ERROR(context.CheckStop());
    const MutableImageView part =
        batch.view().Crop({0, 0, size.width, std::min(kBatchRows, size.height - y)});
    RECOVER_RETURN_IF_ERROR(rows.Read(part));
    transparent = transparent || HasTransparency(part);
    for (int i = 0; i < part.height(); ++i) {
      AddRow(part.row(i), size.width, rows.channels(), map.cell_px_, (y + i) / map.cell_px_,
             levels.front());
    }
  }
  Saturate(levels.front());
  while (levels.back().size.area() > 1) {
    levels.push_back(Push(levels.back()));
  }
  if (!transparent || levels.back().weights[0] == 0.0F) {
    return map;
  }
  Level& top = levels.back();
  for (float& sum : top.sums) {
    sum /= top.weights[0];
  }
  top.weights[0] = 1.0F;
  for (size_t i = levels.size() - 1; i > 0; --i) {
    Pull(levels[i], levels[i - 1]);
  }
  map.cells_ = std::move(levels.front().sums);
  return map;
}

void BleedMap::Row(int y, int width, float* colours) const {
  RECOVER_CHECK(!is_idle());
  const GridSampler sampler(cells_.data(), grid_, colours_);
  const float unit = 1.0F / static_cast<float>(cell_px_);
  const float cell_y = (static_cast<float>(y) + 0.5F) * unit;
  for (int x = 0; x < width; ++x) {
    sampler.At((static_cast<float>(x) + 0.5F) * unit, cell_y,
               colours + static_cast<ptrdiff_t>(x) * colours_);
  }
}

int64_t BleedMap::MemoryBytes(Size picture, int channels) {
  const int cell = CellPx(picture);
  const int64_t cells = int64_t{CeilDiv(picture.width, cell)} * CeilDiv(picture.height, cell);
  const int64_t rows = int64_t{std::min(kBatchRows, picture.height)} * picture.width * channels;
  // All levels together hold 4/3 of the finest's cells and a row or column more each.
  return (cells * channels * 4 / 3 + 4096 + rows) * int64_t{sizeof(float)};
}

BleedRows::BleedRows(std::unique_ptr<RowSource> source, BleedMap map)
    : source_(std::move(source)), map_(std::move(map)) {
  RECOVER_CHECK(HasAlpha(source_->channels()));
  RECOVER_CHECK(map_.colour_channels() == source_->channels() - 1);
  colours_.resize(static_cast<size_t>(source_->size().width) * map_.colour_channels());
}

Status BleedRows::Read(MutableImageView rows) {
  RECOVER_RETURN_IF_ERROR(source_->Read(rows));
  const int alpha_channel = rows.channels() - 1;
  for (int y = 0; y < rows.height() && !map_.is_idle(); ++y) {
    map_.Row(next_row_ + y, rows.width(), colours_.data());
    for (int x = 0; x < rows.width(); ++x) {
      float* pixel = rows.pixel(x, y);
      const float* fill = colours_.data() + static_cast<ptrdiff_t>(x) * alpha_channel;
      const float own = std::clamp(pixel[alpha_channel] / kTrustedAlpha, 0.0F, 1.0F);
      for (int c = 0; c < alpha_channel && own < 1.0F; ++c) {
        pixel[c] = own * pixel[c] + (1.0F - own) * fill[c];
      }
    }
  }
  next_row_ += rows.height();
  return Status::Ok();
}

}  // namespace recover

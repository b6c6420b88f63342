// Pixels in memory: the owning Image, the borrowed views, sizes and rectangles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"

namespace recover {

/// Width and height in pixels.
struct Size {
  int width = 0;
  int height = 0;

  int64_t area() const { return int64_t{width} * height; }
  bool operator==(const Size&) const = default;
};

/// A half-open rectangle [x, x + width) x [y, y + height) in pixels.
struct Rect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  int right() const { return x + width; }
  int bottom() const { return y + height; }
  Size size() const { return {width, height}; }
  bool operator==(const Rect&) const = default;
};

/// A borrowed look at HWC samples. `stride` is the number of samples from one
/// row to the next. The pixels must outlive the view.
template <typename T>
class BasicImageView {
 public:
  BasicImageView() = default;
  BasicImageView(T* data, Size size, int channels, ptrdiff_t stride)
      : data_(data), size_(size), channels_(channels), stride_(stride) {}
  /// A writable view is a readable one.
  operator BasicImageView<const T>() const {  // NOLINT(google-explicit-constructor)
    return {data_, size_, channels_, stride_};
  }

  int width() const { return size_.width; }
  int height() const { return size_.height; }
  Size size() const { return size_; }
  int channels() const { return channels_; }
  ptrdiff_t stride() const { return stride_; }

  T* row(int y) const { return data_ + y * stride_; }
  T* pixel(int x, int y) const { return row(y) + static_cast<ptrdiff_t>(x) * channels_; }
  T& at(int x, int y, int c) const { return pixel(x, y)[c]; }

  /// The part under `rect`, which must lie inside.
  BasicImageView Crop(const Rect& rect) const {
    RECOVER_CHECK(rect.x >= 0 && rect.y >= 0 && rect.right() <= width() &&
                  rect.bottom() <= height());
    return {pixel(rect.x, rect.y), rect.size(), channels_, stride_};
  }

 private:
  T* data_ = nullptr;
  Size size_;
  int channels_ = 0;
  ptrdiff_t stride_ = 0;
};

using ImageView = BasicImageView<const float>;
using MutableImageView = BasicImageView<float>;

/// An owned HWC float picture. Unless said otherwise samples are sRGB-encoded,
/// nominally in [0, 1] (wide-gamut colours may lie a little outside), channels
/// are 1 = grey, 2 = grey+alpha, 3 = RGB, 4 = RGBA (straight alpha).
/// Moves; a copy is an explicit Clone(). Thread-compatible.
class Image {
 public:
  Image() = default;
  /// Zero-filled. 1 <= channels <= 4.
  Image(Size size, int channels)
      : size_(size), channels_(channels), data_(static_cast<size_t>(size.area()) * channels) {
    RECOVER_CHECK(size.width >= 0 && size.height >= 0 && channels >= 1 && channels <= 4);
  }
  Image(Image&&) = default;
  Image& operator=(Image&&) = default;
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  Image Clone() const {
    Image copy;
    copy.size_ = size_;
    copy.channels_ = channels_;
    copy.data_ = data_;
    return copy;
  }

  int width() const { return size_.width; }
  int height() const { return size_.height; }
  Size size() const { return size_; }
  int channels() const { return channels_; }
  std::span<float> samples() { return data_; }
  std::span<const float> samples() const { return data_; }

  MutableImageView view() { return {data_.data(), size_, channels_, stride()}; }
  ImageView view() const { return {data_.data(), size_, channels_, stride()}; }
  float& at(int x, int y, int c) { return view().at(x, y, c); }
  float at(int x, int y, int c) const { return view().at(x, y, c); }

 private:
  ptrdiff_t stride() const { return static_cast<ptrdiff_t>(size_.width) * channels_; }

  Size size_;
  int channels_ = 0;
  std::vector<float> data_;
};

}  // namespace recover

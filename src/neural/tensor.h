// Float tensors as networks take and give them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace recover {

/// Sizes of a tensor, outermost first (NCHW for pictures). -1 = free.
using Shape = std::vector<int64_t>;

/// Number of samples of a shape without free sides.
int64_t SampleCount(const Shape& shape);

/// "(1, 3, ?, ?)": for messages.
std::string ShapeText(const Shape& shape);

/// An owned float tensor. Zero-filled when made from a shape.
struct Tensor {
  Tensor() = default;
  explicit Tensor(Shape tensor_shape)
      : shape(std::move(tensor_shape)), values(static_cast<size_t>(SampleCount(shape))) {}

  Shape shape;
  std::vector<float> values;
};

/// A borrowed tensor under the name that it has in the network.
/// values.size() == SampleCount(shape); outlives the call it is handed to.
struct NamedTensor {
  std::string name;
  Shape shape;
  std::span<float> values;
};

}  // namespace recover

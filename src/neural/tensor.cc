#include "neural/tensor.h"

#include "base/check.h"

namespace recover {

int64_t SampleCount(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t side : shape) {
    RECOVER_CHECK(side >= 0);
    count *= side;
  }
  return count;
}

std::string ShapeText(const Shape& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + (shape[i] < 0 ? std::string("?") : std::to_string(shape[i]));
  }
  return text + ")";
}

}  // namespace recover

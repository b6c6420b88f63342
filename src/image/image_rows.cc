#include "image/image_rows.h"

#include <algorithm>

namespace recover {

Status ImageRows::Read(MutableImageView rows) {
  RECOVER_CHECK(rows.width() == image_.width() && rows.channels() == image_.channels());
  RECOVER_CHECK(rows.height() <= image_.height() - next_row_);
  const ptrdiff_t row_samples = static_cast<ptrdiff_t>(rows.width()) * rows.channels();
  for (int y = 0; y < rows.height(); ++y) {
    const float* from = image_.view().row(next_row_ + y);
    std::copy(from, from + row_samples, rows.row(y));
  }
  next_row_ += rows.height();
  return Status::Ok();
}

Result<Image> ReadImage(RowSource& rows, int chunk_rows) {
  RECOVER_CHECK(chunk_rows >= 1);
  const Size size = rows.size();
  Image image(size, rows.channels());
  for (int y = 0; y < size.height; y += chunk_rows) {
    const int height = std::min(chunk_rows, size.height - y);
    RECOVER_RETURN_IF_ERROR(rows.Read(image.view().Crop({0, y, size.width, height})));
  }
  return image;
}

}  // namespace recover

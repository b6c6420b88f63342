// A whole Image as a RowSource, and a whole RowSource as an Image.
#pragma once

#include "base/result.h"
#include "image/image.h"
#include "image/row_source.h"

namespace recover {

/// Reads a picture in memory as rows. Owns the picture.
class ImageRows final : public RowSource {
 public:
  explicit ImageRows(Image image) : image_(std::move(image)) {}

  Size size() const override { return image_.size(); }
  int channels() const override { return image_.channels(); }
  Status Read(MutableImageView rows) override;

 private:
  Image image_;
  int next_row_ = 0;
};

/// Pulls all of `rows` into memory, `chunk_rows` at a time.
/// Errors: the source's. chunk_rows >= 1.
Result<Image> ReadImage(RowSource& rows, int chunk_rows = 64);

}  // namespace recover

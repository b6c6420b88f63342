// Turns a picture upright: the eight orientations of EXIF.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>

#include "base/result.h"
#include "codec/sample_rows.h"

namespace recover {

/// The size of an upright picture whose stored size and EXIF orientation (1..8) are these.
Size OrientedSize(Size stored, int orientation);

/// Where upright pixel (x, y) lies in the stored picture. The slow, obvious twin of
/// OrientRows, and its definition. Source: EXIF 2.32 (CIPA DC-008), tag 0x0112.
struct PixelPosition {
  int x = 0;
  int y = 0;
};
PixelPosition StoredPosition(int x, int y, Size stored, int orientation);

/// `rows` turned upright. 1 passes them through, 2 mirrors each; the others read
/// the whole picture into a spool of layout().row_bytes() * height first, and look at `stop`
/// between strips of it. Errors: of the source and of the spool, kCancelled.
Result<std::unique_ptr<SampleRows>> OrientRows(std::unique_ptr<SampleRows> rows, int orientation,
                                               int64_t spool_budget_bytes,
                                               const std::filesystem::path& spool_dir,
                                               const std::stop_token& stop);

}  // namespace recover

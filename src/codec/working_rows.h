// Samples as decoded -> working colour.
#pragma once

#include <memory>

#include "codec/colour_profile.h"
#include "codec/sample_rows.h"
#include "image/row_source.h"

namespace recover {

/// Rows in working colour: integers scaled to 0..1, alpha clamped, colour
/// through `profile`; not-a-number becomes 0. keep_alpha false leaves
/// the channel after the colours out.
std::unique_ptr<RowSource> MakeWorkingRows(std::unique_ptr<SampleRows> samples,
                                           const ColourProfile& profile, bool keep_alpha);

}  // namespace recover

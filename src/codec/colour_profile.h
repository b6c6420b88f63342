// ICC profiles, and the way of samples to and from the working colour space:
// sRGB-encoded float, unbounded, grey or RGB. Through Little CMS 2.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "codec/sample_rows.h"

namespace recover {

/// Turns pixels of one colour encoding into another. Thread-safe.
class ColourConverter {
 public:
  virtual ~ColourConverter() = default;

  /// `pixels` pixels from `in` to `out`, which do not overlap or are the same with equal strides.
  /// Strides in floats from one pixel's first colour channel to the next's: what lies between
  /// (alpha) is left alone.
  virtual void Convert(const float* in, int in_stride, float* out, int out_stride,
                       int64_t pixels) const = 0;
};

/// A parsed ICC profile, good for pictures of one colour model. Thread-safe.
class ColourProfile {
 public:
  virtual ~ColourProfile() = default;

  /// Parses `icc` (empty: the model's default: sRGB, grey with the sRGB curve, libvips' CMYK, Lab
  /// D50). Matrix-and-curve profiles are computed here, others by Little CMS (relative
  /// colorimetric, black point compensation).
  /// Errors: kCorruptInput when it is damaged; kUnsupportedFormat when it is for another colour
  /// model.
  static Result<std::shared_ptr<const ColourProfile>> Parse(const std::string& icc,
                                                            ColourModel model);

  /// Its description, "sRGB" for the default of RGB and grey.
  virtual const std::string& name() const = 0;

  /// From this profile's samples (0..1; Lab in its own units) to working grey or RGB. Null: they
  /// are the same.
  virtual std::unique_ptr<ColourConverter> ToWorking() const = 0;

  /// From working samples to this profile's. Null: they are the same, or can_output() is false.
  virtual std::unique_ptr<ColourConverter> FromWorking() const = 0;

  /// Whether pictures can be written in it: not CMYK, Lab, nor a scanner's one-way profile.
  virtual bool can_output() const = 0;
};

/// The sRGB profile that is attached to pictures converted to sRGB; for grey one with the same
/// curve. The same bytes at every call.
std::string SrgbIccProfile(bool grey);

}  // namespace recover

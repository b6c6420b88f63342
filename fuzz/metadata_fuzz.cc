// Any bytes as an EXIF block, an XMP packet, Photoshop resources and an ICC profile. What goes in
// as IPTC must come out again whatever EXIF block carries it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "codec/colour_profile.h"
#include "codec/exif_edit.h"
#include "codec/photoshop_iptc.h"
#include "codec/xmp_edit.h"

namespace recover {
namespace {

void Require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void EditBytes(const std::string& bytes) {
  const std::string fitted = FitExif(bytes, {640, 480});
  Require(fitted.size() <= bytes.size());
  if (!fitted.empty()) {
    const std::string iptc = "\x1C records";
    Require(ExifIptc(SetExifIptc(fitted, iptc)) == iptc);
  }
  SetExifDensity(bytes, 300, 300);
  const std::string block = WriteExifBlock(ReadExifTree(MemoryView(bytes)));
  Require(WriteExifBlock(ReadExifTree(MemoryView(block))) == block);
  Require(ShrinkExif(bytes, 1000).size() <= 1000);
  const std::string xmp = FitXmp(bytes, {640, 480});
  Require(FitXmp(xmp, {640, 480}).size() <= xmp.size());
  MergeExtendedXmp(bytes, bytes);
  IptcFromPhotoshop(bytes);
  Require(IptcFromPhotoshop(PhotoshopFromIptc(bytes)) == bytes);
  for (const ColourModel model : {ColourModel::kRgb, ColourModel::kGrey, ColourModel::kCmyk}) {
    const auto profile = ColourProfile::Parse(bytes, model);
    const auto converter = profile.has_value() ? (*profile)->ToWorking() : nullptr;
    const float in[4] = {0.1F, 0.5F, 0.9F, 0.3F};
    float out[3] = {};
    if (converter != nullptr) {
      converter->Convert(in, 4, out, 3, 1);
    }
  }
}

}  // namespace
}  // namespace recover

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  recover::EditBytes(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}

#include "codec/decode_vips.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include <vips/vips.h>

#include "codec/vips_ptr.h"
#include "codec/vips_runtime.h"

namespace recover {
namespace {

/// An image from a loader, its samples brought to one of the types and models of SampleLayout.
struct Opened {
  std::shared_ptr<const std::string> bytes;  // what a memory source points into; goes last
  VipsPtr<VipsSource> source;
  VipsPtr<VipsImage> loaded;
  VipsPtr<VipsImage> image;
  SampleLayout layout;
  int deep_bits = 0;  // 10 or 12: samples are these bits shifted up to 16
};

Status VipsDecodeStatus() {
  const std::string why = TakeVipsErrors();
  for (const char* sign : {"unsupported", "Unsupported", "not supported", "not implemented",
                           "no decoding plugin", "not configured"}) {
    if (why.find(sign) != std::string::npos) {
      return {StatusCode::kUnsupportedFormat,
              "is of a kind that is not read here (" + why + "); convert it to PNG or TIFF first"};
    }
  }
  return {StatusCode::kCorruptInput, "is damaged or cut short (" + why + ")"};
}

/// kError and not kWarning: libtiff and libpng warn about unknown tags and odd chunks too.
int Load(VipsSource* source, FileFormat format, VipsImage** out) {
  constexpr auto kAccess = VIPS_ACCESS_SEQUENTIAL;
  constexpr auto kFailOn = VIPS_FAIL_ON_ERROR;
  switch (format) {
    case FileFormat::kPng:
      return vips_pngload_source(source, out, "access", kAccess, "fail_on", kFailOn, nullptr);
    case FileFormat::kTiff:
      return vips_tiffload_source(source, out, "access", kAccess, "fail_on", kFailOn, nullptr);
    case FileFormat::kWebp:
      return vips_webpload_source(source, out, "access", kAccess, "fail_on", kFailOn, nullptr);
    case FileFormat::kHeic:
    case FileFormat::kAvif:
      return vips_heifload_source(source, out, "access", kAccess, "fail_on", kFailOn, nullptr);
    case FileFormat::kJxl:
      return vips_jxlload_source(source, out, "access", kAccess, "fail_on", kFailOn, nullptr);
    case FileFormat::kJpeg:
      break;
  }
  vips_error("recover", "not a libvips format");
  return -1;
}

/// The result of a libvips operation that maps one image to one.
template <typename Operation>
Status Replace(VipsPtr<VipsImage>& image, Operation operation) {
  VipsImage* out = nullptr;
  if (operation(image.get(), &out) != 0) {
    return VipsDecodeStatus();
  }
  image.reset(out);
  return Status::Ok();
}

/// Integers of 32 bits, signed ones and doubles become floats, nominally 0..1.
Status NormaliseType(VipsPtr<VipsImage>& image) {
  double scale = 1;
  switch (vips_image_get_format(image.get())) {
    case VIPS_FORMAT_UCHAR:
    case VIPS_FORMAT_USHORT:
    case VIPS_FORMAT_FLOAT:
      return Status::Ok();
    case VIPS_FORMAT_CHAR:
      scale = 1.0 / 127;
      break;
    case VIPS_FORMAT_SHORT:
      scale = 1.0 / 32767;
      break;
    case VIPS_FORMAT_INT:
      scale = 1.0 / 2147483647.0;
      break;
    case VIPS_FORMAT_UINT:
      scale = 1.0 / 4294967295.0;
      break;
    case VIPS_FORMAT_DOUBLE:
      break;
    default:
      return {StatusCode::kUnsupportedFormat,
              "holds complex numbers, which are no picture; convert it first"};
  }
  return Replace(image, [scale](VipsImage* in, VipsImage** out) {
    VipsImage* scaled = nullptr;
    if (vips_linear1(in, &scaled, scale, 0.0, nullptr) != 0) {
      return -1;
    }
    const VipsPtr<VipsImage> owner(scaled);
    return vips_cast(scaled, out, VIPS_FORMAT_FLOAT, nullptr);
  });
}

/// Says what the bands mean and drops those that mean nothing here (spot colours, saved
/// selections).
Status NormaliseBands(VipsPtr<VipsImage>& image, SampleLayout& layout) {
  const int bands = vips_image_get_bands(image.get());
  switch (vips_image_get_interpretation(image.get())) {
    case VIPS_INTERPRETATION_LAB:
    case VIPS_INTERPRETATION_LABS:
    case VIPS_INTERPRETATION_LABQ:
      layout.model = ColourModel::kLab;
      RECOVER_RETURN_IF_ERROR(Replace(image, [](VipsImage* in, VipsImage** out) {
        return vips_colourspace(in, out, VIPS_INTERPRETATION_LAB, nullptr);
      }));
      break;
    case VIPS_INTERPRETATION_CMYK:
      layout.model = bands >= 4 ? ColourModel::kCmyk : ColourModel::kGrey;
      break;
    default:
      layout.model = bands >= 3 ? ColourModel::kRgb : ColourModel::kGrey;
  }
  layout.has_alpha = bands > layout.colour_channels();
  if (layout.channels() < bands) {
    const int wanted = layout.channels();
    return Replace(image, [wanted](VipsImage* in, VipsImage** out) {
      return vips_extract_band(in, out, 0, "n", wanted, nullptr);
    });
  }
  return Status::Ok();
}

SampleType TypeOf(VipsImage* image) {
  switch (vips_image_get_format(image)) {
    case VIPS_FORMAT_UCHAR:
      return SampleType::kUint8;
    case VIPS_FORMAT_USHORT:
      return SampleType::kUint16;
    default:
      return SampleType::kFloat;
  }
}

int IntegerField(VipsImage* image, const char* name, int otherwise) {
  int value = otherwise;
  if (vips_image_get_typeof(image, name) == 0 || vips_image_get_int(image, name, &value) != 0) {
    vips_error_clear();
    return otherwise;
  }
  return value;
}

std::string BlobField(VipsImage* image, const char* name) {
  const void* data = nullptr;
  size_t size = 0;
  if (vips_image_get_typeof(image, name) == 0 ||
      vips_image_get_blob(image, name, &data, &size) != 0) {
    vips_error_clear();
    return {};
  }
  return {static_cast<const char*>(data), size};
}

/// Whether libjxl made this profile and called it `name`, in ASCII or UTF-16.
bool IsNamed(const std::string& icc, std::string_view name) {
  std::string wide;
  for (const char c : name) {
    wide += c;
    wide += '\0';
  }
  wide.pop_back();  // the high byte of what follows
  return icc.find(name) != std::string::npos || icc.find(wide) != std::string::npos;
}

/// For a picture that only says "sRGB" in its header.
bool IsMadeSrgb(const std::string& icc) {
  return IsNamed(icc, "RGB_D65_SRG_Rel_SRG") || IsNamed(icc, "Gra_D65_Rel_SRG");
}

/// For a lossy picture whose own profile libjxl cannot compute: it gives sRGB's linear light.
bool IsMadeLinear(const std::string& icc) {
  return IsNamed(icc, "RGB_D65_SRG_Rel_Lin") || IsNamed(icc, "Gra_D65_Rel_Lin");
}

Result<Opened> Open(const Input& input, FileFormat format) {
  RECOVER_RETURN_IF_ERROR(StartVips());
  if (!CanDecode(format)) {
    return Status(StatusCode::kUnavailable,
                  "is a " + std::string(FileFormatName(format)) +
                      ", which the installed libvips cannot read; convert it to PNG first");
  }
  vips_error_clear();
  Opened opened;
  opened.bytes = input.bytes();
  opened.source.reset(
      input.is_file() ? vips_source_new_from_file(input.path().c_str())
                      : vips_source_new_from_memory(opened.bytes->data(), opened.bytes->size()));
  VipsImage* loaded = nullptr;
  if (opened.source == nullptr || Load(opened.source.get(), format, &loaded) != 0) {
    return VipsDecodeStatus();
  }
  opened.loaded.reset(loaded);
  g_object_ref(loaded);
  opened.image.reset(loaded);
  RECOVER_RETURN_IF_ERROR(NormaliseBands(opened.image, opened.layout));
  RECOVER_RETURN_IF_ERROR(NormaliseType(opened.image));
  opened.layout.size = {vips_image_get_width(opened.image.get()),
                        vips_image_get_height(opened.image.get())};
  opened.layout.type = TypeOf(opened.image.get());
  const int bits = IntegerField(loaded, "heif-bitdepth", 0);
  opened.deep_bits = opened.layout.type == SampleType::kUint16 && bits > 8 && bits < 16 ? bits : 0;
  return opened;
}

class VipsRows : public SampleRows {
 public:
  explicit VipsRows(Opened opened) : opened_(std::move(opened)) {}
  const SampleLayout& layout() const override { return opened_.layout; }

  Status Read(std::byte* out, int rows) override {
    const int64_t row_bytes = layout().row_bytes();
    // A region belongs to the thread that made it, rows may be pulled by any: one per call.
    const VipsPtr<VipsRegion> region(vips_region_new(opened_.image.get()));
    for (int done = 0; done < rows;) {
      const int count = std::min(rows - done, kStripRows);
      const VipsRect rect = {0, next_row_, layout().size.width, count};
      if (vips_region_prepare(region.get(), &rect) != 0) {
        return VipsDecodeStatus();
      }
      for (int y = 0; y < count; ++y) {
        std::memcpy(out + (done + y) * row_bytes, VIPS_REGION_ADDR(region.get(), 0, next_row_ + y),
                    static_cast<size_t>(row_bytes));
      }
      if (opened_.deep_bits != 0) {
        FillLowBits(out + done * row_bytes, count * row_bytes);
      }
      done += count;
      next_row_ += count;
    }
    return Status::Ok();
  }

 private:
  static constexpr int kStripRows = 16;

  /// libvips shifts 10 and 12 bits up to 16, which leaves white short of 65535.
  void FillLowBits(std::byte* bytes, int64_t count) const {
    auto* samples = reinterpret_cast<uint16_t*>(bytes);
    for (int64_t i = 0; i < count / 2; ++i) {
      samples[i] = static_cast<uint16_t>(samples[i] | samples[i] >> opened_.deep_bits);
    }
  }

  Opened opened_;
  int next_row_ = 0;
};

int64_t HeldBytes(const SampleLayout& layout, FileFormat format, bool is_interlaced) {
  const int64_t pixels = layout.size.area();
  switch (format) {
    case FileFormat::kPng:
      return is_interlaced ? pixels * layout.pixel_bytes() : 0;
    case FileFormat::kWebp:
      return pixels * 4 + pixels * 3 / 2;
    case FileFormat::kHeic:
    case FileFormat::kAvif:
      return pixels * layout.pixel_bytes() * 2;
    case FileFormat::kJxl:
      return pixels * (layout.pixel_bytes() + 12);  // libjxl works in float planes
    default:
      return 0;
  }
}

}  // namespace

Result<VipsHeader> ReadVipsHeader(const Input& input, FileFormat format) {
  RECOVER_ASSIGN_OR_RETURN(const Opened opened, Open(input, format));
  VipsImage* loaded = opened.loaded.get();
  VipsHeader header;
  header.layout = opened.layout;
  header.is_float = vips_band_format_isfloat(vips_image_get_format(loaded)) != 0;
  const int stored_bits = static_cast<int>(8 * vips_format_sizeof(vips_image_get_format(loaded)));
  header.bits_per_sample = opened.deep_bits != 0
                               ? opened.deep_bits
                               : IntegerField(loaded, "bits-per-sample", stored_bits);
  header.pages = std::max(1, IntegerField(loaded, VIPS_META_N_PAGES, 1));
  header.is_interlaced = IntegerField(loaded, "interlaced", 0) != 0;
  header.held_bytes = HeldBytes(opened.layout, format, header.is_interlaced);
  if (format == FileFormat::kHeic || format == FileFormat::kAvif || format == FileFormat::kJxl) {
    header.icc = BlobField(loaded, VIPS_META_ICC_NAME);
    if (format == FileFormat::kJxl && IsMadeSrgb(header.icc)) {
      header.icc.clear();
    }
    header.has_decoders_icc = format == FileFormat::kJxl && IsMadeLinear(header.icc);
  }
  return header;
}

Result<std::unique_ptr<SampleRows>> OpenVipsRows(const Input& input, FileFormat format) {
  RECOVER_ASSIGN_OR_RETURN(Opened opened, Open(input, format));
  return std::unique_ptr<SampleRows>(std::make_unique<VipsRows>(std::move(opened)));
}

}  // namespace recover

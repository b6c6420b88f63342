// WebP, AVIF and JPEG XL, by libvips. Their encoders hold the whole picture, so it is gathered
// first: in memory, or above the budget in a spool that is mapped.

#include <string>
#include <utility>
#include <vector>

#include <vips/vips.h>

#include "codec/encoders.h"
#include "codec/metadata_heif.h"
#include "codec/metadata_jxl.h"
#include "codec/metadata_webp.h"
#include "codec/spool.h"
#include "codec/vips_ptr.h"
#include "codec/vips_runtime.h"

namespace recover {
namespace {

constexpr int kWebpQuality = 90;
constexpr int kAvifQuality = 75;
constexpr int kJxlQuality = 92;
constexpr int kAvifBits = 12;  // of AV1, for 16-bit pictures

Result<Spool> Gather(QuantisedRows& rows, const EncodeOptions& options) {
  RECOVER_ASSIGN_OR_RETURN(
      Spool spool, Spool::Create(rows.row_bytes() * rows.size().height, options.spool_budget_bytes,
                                 options.spool_dir));
  std::vector<char> row(static_cast<size_t>(rows.row_bytes()));
  for (int64_t offset = 0; rows.rows_left() > 0; offset += rows.row_bytes()) {
    RECOVER_RETURN_IF_ERROR(rows.ReadRow(row.data()));
    RECOVER_RETURN_IF_ERROR(spool.Write(offset, row.data(), rows.row_bytes()));
  }
  return spool;
}

/// An image over `bytes`, which must outlive it.
VipsPtr<VipsImage> WrapImage(std::span<const std::byte> bytes, const QuantisedRows& rows,
                             const std::string& icc) {
  const bool deep = rows.bits_per_sample() == 16;
  const bool grey = rows.channels() <= 2;
  VipsPtr<VipsImage> image(
      vips_image_new_from_memory(bytes.data(), bytes.size(), rows.size().width, rows.size().height,
                                 rows.channels(), deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR));
  if (image == nullptr) {
    return nullptr;
  }
  image->Type = grey ? (deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W)
                     : (deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB);
  // One thread: the network's tiles have the others, and the bytes must not depend on their number.
  vips_image_set_int(image.get(), VIPS_META_CONCURRENCY, 1);
  if (!icc.empty()) {
    vips_image_set_blob_copy(image.get(), VIPS_META_ICC_NAME, icc.data(), icc.size());
  }
  return image;
}

Status VipsEncodeStatus(FileFormat format) {
  return {StatusCode::kIoError, "the " + std::string(FileFormatName(format)) +
                                    " could not be written: " + TakeVipsErrors()};
}

int Save(VipsImage* image, const EncodeOptions& options, VipsTarget* target) {
  const int quality = options.quality;
  switch (options.format) {
    case FileFormat::kWebp:
      return vips_webpsave_target(image, target, "Q", quality == 0 ? kWebpQuality : quality,
                                  "lossless", quality == 100 ? TRUE : FALSE, "effort", 2, "strip",
                                  TRUE, nullptr);
    case FileFormat::kAvif:
      return vips_heifsave_target(
          image, target, "Q", quality == 0 ? kAvifQuality : quality, "compression",
          VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "effort", 2, "bitdepth",
          vips_image_get_format(image) == VIPS_FORMAT_USHORT ? kAvifBits : 8, "subsample_mode",
          VIPS_FOREIGN_SUBSAMPLE_OFF, nullptr);
    case FileFormat::kJxl:
      return vips_jxlsave_target(image, target, "Q", quality == 0 ? kJxlQuality : quality,
                                 "lossless", quality == 100 ? TRUE : FALSE, "effort", 4, nullptr);
    default:
      return -1;
  }
}

/// The file that libvips makes of `image`, without metadata but (AVIF, JPEG XL) the colour profile.
Result<std::string> SaveToMemory(VipsImage* image, const EncodeOptions& options) {
  const VipsPtr<VipsTarget> target(vips_target_new_to_memory());
  if (target == nullptr || Save(image, options, target.get()) != 0) {
    return VipsEncodeStatus(options.format);
  }
  VipsBlob* blob = nullptr;
  g_object_get(target.get(), "blob", &blob, nullptr);
  if (blob == nullptr) {
    return VipsEncodeStatus(options.format);
  }
  size_t size = 0;
  const auto* bytes = static_cast<const char*>(vips_blob_get(blob, &size));
  std::string encoded(bytes, size);
  vips_area_unref(VIPS_AREA(blob));
  return encoded;
}

}  // namespace

Status EncodeByVips(QuantisedRows& rows, const Metadata& metadata, const EncodeOptions& options,
                    FileWriter& file) {
  RECOVER_RETURN_IF_ERROR(StartVips());
  vips_error_clear();
  RECOVER_ASSIGN_OR_RETURN(Spool spool, Gather(rows, options));
  RECOVER_ASSIGN_OR_RETURN(const std::span<const std::byte> bytes, spool.Map());
  std::string encoded;
  {
    const bool profile_by_vips = options.format != FileFormat::kWebp;
    const VipsPtr<VipsImage> image = WrapImage(bytes, rows, profile_by_vips ? metadata.icc : "");
    if (image == nullptr) {
      return VipsEncodeStatus(options.format);
    }
    RECOVER_ASSIGN_OR_RETURN(encoded, SaveToMemory(image.get(), options));
  }
  switch (options.format) {
    case FileFormat::kWebp:
      encoded = AddWebpMetadata(encoded, metadata, rows.size(), rows.has_alpha());
      break;
    case FileFormat::kAvif:
      encoded = AddHeifMetadata(std::move(encoded), metadata);
      break;
    default:
      encoded = AddJxlMetadata(encoded, metadata);
  }
  file.Write(encoded);
  return Status::Ok();
}

}  // namespace recover

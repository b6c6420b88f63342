#include "codec/picture.h"

#include <algorithm>
#include <new>
#include <utility>

#include "codec/decode_jpeg.h"
#include "codec/decode_vips.h"
#include "codec/orient_rows.h"
#include "codec/sniff.h"
#include "codec/working_rows.h"

namespace recover {
namespace {

Status CheckPixels(Size size, int64_t max_pixels) {
  if (size.area() > max_pixels) {
    return {StatusCode::kTooLarge, "has " + std::to_string(size.width) + "x" +
                                       std::to_string(size.height) + " pixels, over the limit of " +
                                       std::to_string(max_pixels) +
                                       "; raise the limit (--max-pixels) if that is meant"};
  }
  return Status::Ok();
}

/// Puts the picture's name before what goes wrong while its rows are read.
class NamedRows : public RowSource {
 public:
  NamedRows(std::unique_ptr<RowSource> rows, std::string name)
      : rows_(std::move(rows)), name_(std::move(name)) {}
  Size size() const override { return rows_->size(); }
  int channels() const override { return rows_->channels(); }
  Status Read(MutableImageView rows) override {
    Status status = rows_->Read(rows);
    return status.ok() ? status : status.WithContext(name_);
  }

 private:
  std::unique_ptr<RowSource> rows_;
  std::string name_;
};

}  // namespace

Result<Picture> Picture::Open(Input input, DecodeOptions options) {
  Picture picture;
  picture.name_ = input.name();
  picture.input_ = std::move(input);
  picture.options_ = std::move(options);
  RECOVER_ASSIGN_OR_RETURN(const std::shared_ptr<const ByteSource> source, picture.input_.Open());
  if (Status status = picture.ReadHeader(source); !status.ok()) {
    return status.WithContext(picture.name_);
  }
  return picture;
}

Status Picture::ReadHeader(const std::shared_ptr<const ByteSource>& source) {
  RECOVER_ASSIGN_OR_RETURN(info_.format, SniffFormat(*source));
  RECOVER_ASSIGN_OR_RETURN(const Size header_size, ReadHeaderSize(*source, info_.format));
  RECOVER_RETURN_IF_ERROR(CheckPixels(header_size, options_.max_pixels));
  RECOVER_RETURN_IF_ERROR(CheckComplete(*source, info_.format));
  stored_ = ReadMetadata(*source, info_.format);
  metadata_ = stored_.metadata;
  info_.file_bytes = source->size();
  bool has_decoders_icc = false;
  if (info_.format == FileFormat::kJpeg) {
    RECOVER_ASSIGN_OR_RETURN(const JpegHeader header, ReadJpegHeader(*source));
    layout_ = header.layout;
    info_.bits_per_sample = 8;
    info_.is_progressive_or_interlaced = header.is_progressive;
    info_.decode_memory_bytes = header.coefficient_bytes;
  } else {
    RECOVER_ASSIGN_OR_RETURN(const VipsHeader header, ReadVipsHeader(input_, info_.format));
    layout_ = header.layout;
    const int stored_bits = ReadStoredBits(*source, info_.format);
    info_.bits_per_sample = stored_bits != 0 ? stored_bits : header.bits_per_sample;
    info_.is_float = header.is_float;
    info_.pages = header.pages;
    info_.is_progressive_or_interlaced = header.is_interlaced;
    info_.decode_memory_bytes = header.held_bytes;
    metadata_.icc = metadata_.icc.empty() ? header.icc : metadata_.icc;
    has_decoders_icc = header.has_decoders_icc;
  }
  // The decoder's word counts too: a file may say one thing to us and another to it.
  RECOVER_RETURN_IF_ERROR(CheckPixels(layout_.size, options_.max_pixels));
  ChooseProfile();
  if (has_decoders_icc) {
    metadata_.icc.clear();  // 8 bits of linear light must not be written
    info_.has_profile = false;
    info_.profile_name = "sRGB";
  }
  if (profile_ == nullptr) {
    return {StatusCode::kUnavailable,
            "its colours cannot be converted: libvips brings no CMYK profile"};
  }
  info_.stored_size = layout_.size;
  info_.orientation = stored_.orientation;
  info_.size = OrientedSize(layout_.size, stored_.orientation);
  info_.stored_model = layout_.model;
  info_.channels = (layout_.model == ColourModel::kGrey ? 1 : 3) +
                   (layout_.has_alpha && stored_.has_true_alpha ? 1 : 0);
  info_.dpi_x = metadata_.dpi_x;
  info_.dpi_y = metadata_.dpi_y;
  if (info_.orientation > 2) {
    const int64_t spool_bytes = layout_.row_bytes() * layout_.size.height;
    (spool_bytes <= options_.spool_budget_bytes ? info_.decode_memory_bytes
                                                : info_.decode_disk_bytes) += spool_bytes;
  }
  return Status::Ok();
}

void Picture::ChooseProfile() {
  Result<std::shared_ptr<const ColourProfile>> profile =
      ColourProfile::Parse(metadata_.icc, layout_.model);
  if (!profile.has_value() && !metadata_.icc.empty()) {
    info_.notes.push_back(profile.error().message() + "; the usual colours are taken instead");
    metadata_.icc.clear();
    profile = ColourProfile::Parse("", layout_.model);
  }
  profile_ = profile.has_value() ? *profile : nullptr;
  info_.has_profile = !metadata_.icc.empty();
  info_.profile_name = profile_ == nullptr ? "" : profile_->name();
}

Result<std::unique_ptr<SampleRows>> Picture::OpenSamples(const std::stop_token& stop) const {
  std::unique_ptr<SampleRows> samples;
  if (info_.format == FileFormat::kJpeg) {
    RECOVER_ASSIGN_OR_RETURN(std::shared_ptr<const ByteSource> source, input_.Open());
    RECOVER_ASSIGN_OR_RETURN(samples, OpenJpegRows(std::move(source)));
  } else {
    RECOVER_ASSIGN_OR_RETURN(samples, OpenVipsRows(input_, info_.format));
  }
  if (samples->layout().size != info_.stored_size ||
      samples->layout().channels() != layout_.channels()) {
    return Status(StatusCode::kIoError, "changed while it was being read");
  }
  return OrientRows(std::move(samples), info_.orientation, options_.spool_budget_bytes,
                    options_.spool_dir, stop);
}

Result<std::unique_ptr<RowSource>> Picture::OpenRows(const std::stop_token& stop) const {
  try {
    Result<std::unique_ptr<SampleRows>> samples = OpenSamples(stop);
    if (!samples.has_value()) {
      return samples.error().WithContext(name_);
    }
    auto rows = MakeWorkingRows(*std::move(samples), *profile_, stored_.has_true_alpha);
    return std::unique_ptr<RowSource>(std::make_unique<NamedRows>(std::move(rows), name_));
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kTooLarge, name_ + ": not enough memory to decode it");
  }
}

}  // namespace recover

#include "codec/encode.h"

#include <memory>
#include <new>
#include <string>
#include <utility>

#include "codec/colour_profile.h"
#include "codec/encoders.h"
#include "codec/file_writer.h"
#include "codec/quantised_rows.h"

namespace recover {
namespace {

/// The colours of the file: how to get there, and the profile that says so.
struct OutputColour {
  std::unique_ptr<ColourConverter> converter;
  std::string icc;
};

OutputColour ChooseColour(const Metadata& metadata, const EncodeOptions& options, bool grey) {
  if (metadata.icc.empty()) {
    return {};
  }
  if (options.profile == ProfileMode::kKeep) {
    const auto profile =
        ColourProfile::Parse(metadata.icc, grey ? ColourModel::kGrey : ColourModel::kRgb);
    if (profile.has_value() && (*profile)->can_output()) {
      return {(*profile)->FromWorking(), metadata.icc};
    }
  }
  return {nullptr, SrgbIccProfile(grey)};
}

int OutputBits(const EncodeOptions& options, bool has_other_colours) {
  // Lossy JPEG XL has no depth of its own, but decoders give out as many bits as it says, and in
  // linear light where the profile is not one they know: 8 bits would leave no shadows.
  if (options.format == FileFormat::kJxl && options.quality != 100 && has_other_colours) {
    return 16;
  }
  return options.bits_per_sample == 16 && Supports16Bit(options.format) ? 16 : 8;
}

Status Encode(QuantisedRows& rows, const Metadata& metadata, const EncodeOptions& options,
              FileWriter& file) {
  switch (options.format) {
    case FileFormat::kJpeg:
      return EncodeJpeg(rows, metadata, options, file);
    case FileFormat::kPng:
      return EncodePng(rows, metadata, options, file);
    case FileFormat::kTiff:
      return EncodeTiff(rows, metadata, options, file);
    default:
      return EncodeByVips(rows, metadata, options, file);
  }
}

}  // namespace

Status CheckEncodable(Size size, int channels, const EncodeOptions& options) {
  if (options.quality < 0 || options.quality > 100) {
    return {StatusCode::kInvalidArgument,
            "the quality must lie between 1 and 100, not " + std::to_string(options.quality)};
  }
  if (options.bits_per_sample != 8 && options.bits_per_sample != 16) {
    return {StatusCode::kInvalidArgument,
            "pictures are written with 8 or 16 bits per sample, not " +
                std::to_string(options.bits_per_sample)};
  }
  if (size.width < 1 || size.height < 1 || channels < 1 || channels > 4) {
    return {StatusCode::kInvalidArgument, "there is no picture of " + std::to_string(size.width) +
                                              "x" + std::to_string(size.height) +
                                              " pixels to write"};
  }
  if (!CanEncode(options.format)) {
    return {StatusCode::kUnavailable,
            std::string(FileFormatName(options.format)) +
                " cannot be written here; choose JPEG, PNG or TIFF" +
                (options.format == FileFormat::kHeic ? " (or AVIF)" : "")};
  }
  return CheckFormatLimits(options.format, size);
}

int64_t EncodeMemoryBytes(Size size, int channels, const EncodeOptions& options) {
  const int64_t samples = size.area() * channels;
  const int64_t gathered = samples * (OutputBits(options, true) / 8);
  const int64_t held = gathered <= options.spool_budget_bytes ? gathered : 0;
  switch (options.format) {
    case FileFormat::kWebp:
      return held + size.area() * 8;
    case FileFormat::kAvif:
      return held + size.area() * 24;
    case FileFormat::kJxl:
      return held + gathered + size.area() * 48;
    default:
      return 0;
  }
}

Status EncodeFile(RowSource& rows, const Metadata& metadata, const EncodeOptions& options,
                  const std::filesystem::path& path) {
  RECOVER_RETURN_IF_ERROR(CheckEncodable(rows.size(), rows.channels(), options));
  try {
    OutputColour colour = ChooseColour(metadata, options, rows.channels() <= 2);
    Metadata fitted = options.strip_metadata ? Metadata() : FitMetadata(metadata, rows.size());
    fitted.icc = std::move(colour.icc);
    RECOVER_ASSIGN_OR_RETURN(FileWriter file, FileWriter::Create(path));
    const int bits = OutputBits(options, colour.converter != nullptr);
    QuantisedRows quantised(rows, std::move(colour.converter), bits,
                            !SupportsAlpha(options.format));
    const Status encoded = Encode(quantised, fitted, options, file);
    // The system's reason (a full disk) is the cause of what the library then said.
    file.Flush();
    RECOVER_RETURN_IF_ERROR(file.status());
    return encoded;
  } catch (const std::bad_alloc&) {
    return {StatusCode::kTooLarge, "not enough memory to write the picture as " +
                                       std::string(FileFormatName(options.format)) +
                                       "; choose TIFF or JPEG"};
  }
}

}  // namespace recover

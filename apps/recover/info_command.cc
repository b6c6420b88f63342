// recover info: what the decoder sees in a file.
#include <cstdio>
#include <vector>

#include "base/json.h"
#include "base/strings.h"
#include "codec/picture.h"
#include "commands.h"
#include "exit_codes.h"

namespace recover::cli {
namespace {

std::string_view ModelName(ColourModel model) {
  switch (model) {
    case ColourModel::kGrey:
      return "grey";
    case ColourModel::kRgb:
      return "RGB";
    case ColourModel::kCmyk:
      return "CMYK";
    case ColourModel::kLab:
      return "Lab";
  }
  return "";
}

std::string_view OrientationText(int orientation) {
  constexpr std::string_view kTexts[] = {"upright",
                                         "mirrored",
                                         "upside down",
                                         "upside down and mirrored",
                                         "on its side and mirrored",
                                         "on its side, turned right when shown",
                                         "on its side and mirrored",
                                         "on its side, turned left when shown"};
  return orientation >= 1 && orientation <= 8 ? kTexts[orientation - 1] : "";
}

std::string SizeText(Size size) {
  return std::to_string(size.width) + " x " + std::to_string(size.height);
}

bool HasAlpha(const PictureInfo& info) { return info.channels == 2 || info.channels == 4; }

std::string Row(const char* label, const std::string& text) {
  std::string row = "  " + std::string(label);
  row.resize(16, ' ');
  return row + text + "\n";
}

std::string BlockText(const Metadata& metadata) {
  std::vector<std::string> blocks;
  const auto add = [&blocks](const char* name, const std::string& block) {
    if (!block.empty()) {
      blocks.push_back(std::string(name) + " " + HumanBytes(static_cast<int64_t>(block.size())));
    }
  };
  add("EXIF", metadata.exif);
  add("XMP", metadata.xmp);
  add("IPTC", metadata.iptc);
  add("ICC", metadata.icc);
  return blocks.empty() ? "none" : Join(blocks, ", ");
}

std::string DescribePicture(const std::string& name, const Picture& picture) {
  const PictureInfo& info = picture.info();
  char number[32];
  std::snprintf(number, sizeof(number), "%.2f", static_cast<double>(info.size.area()) / 1e6);
  std::string text = name + "\n";
  text +=
      Row("format", std::string(FileFormatName(info.format)) +
                        (info.is_progressive_or_interlaced ? ", progressive or interlaced" : "") +
                        ", " + HumanBytes(info.file_bytes));
  text += Row("size", SizeText(info.size) + " (" + number + " MP)");
  text += Row("samples", std::to_string(info.bits_per_sample) + " bits" +
                             (info.is_float ? ", float" : "") + ", " +
                             std::string(ModelName(info.stored_model)) +
                             (HasAlpha(info) ? " with transparency" : ""));
  text +=
      Row("profile", info.profile_name + (info.has_profile ? "" : " (assumed: none in the file)"));
  text +=
      Row("orientation",
          std::to_string(info.orientation) + ", " + std::string(OrientationText(info.orientation)) +
              (info.orientation == 1 ? "" : "; applied") +
              (info.stored_size == info.size ? "" : ", stored as " + SizeText(info.stored_size)));
  if (info.dpi_x > 0) {
    std::snprintf(number, sizeof(number), "%.4g x %.4g", info.dpi_x, info.dpi_y);
    text += Row("resolution", std::string(number) + " pixels per inch");
  }
  if (info.pages > 1) {
    text += Row("pages", std::to_string(info.pages) + "; the first is used");
  }
  text += Row("metadata", BlockText(picture.metadata()));
  for (const std::string& note : info.notes) {
    text += Row("note", note);
  }
  return text;
}

Json PictureJson(const std::string& name, const Picture& picture) {
  const PictureInfo& info = picture.info();
  const Metadata& metadata = picture.metadata();
  return {{"input", name},
          {"format", AsciiLower(FileFormatName(info.format))},
          {"width", info.size.width},
          {"height", info.size.height},
          {"stored_width", info.stored_size.width},
          {"stored_height", info.stored_size.height},
          {"channels", info.channels},
          {"bits_per_sample", info.bits_per_sample},
          {"is_float", info.is_float},
          {"colour", ModelName(info.stored_model)},
          {"has_alpha", HasAlpha(info)},
          {"profile", info.profile_name},
          {"has_profile", info.has_profile},
          {"orientation", info.orientation},
          {"dpi_x", info.dpi_x},
          {"dpi_y", info.dpi_y},
          {"pages", info.pages},
          {"is_progressive_or_interlaced", info.is_progressive_or_interlaced},
          {"file_bytes", info.file_bytes},
          {"metadata_bytes",
           {{"exif", metadata.exif.size()},
            {"xmp", metadata.xmp.size()},
            {"iptc", metadata.iptc.size()},
            {"icc", metadata.icc.size()}}},
          {"notes", info.notes}};
}

}  // namespace

int RunInfo(const OptionValues& options, const std::vector<std::string>& words) {
  if (words.empty()) {
    return Complain({StatusCode::kInvalidArgument, "Which file? As in: recover info PHOTO.jpg."});
  }
  DecodeOptions decode;
  decode.max_pixels = *options.Integer("max-pixels");
  std::vector<StatusCode> failures;
  Json all = Json::array();
  std::string text;
  for (const std::string& word : words) {
    const auto picture = Picture::Open(Input::FromFile(word), decode);
    if (!picture) {
      failures.push_back(picture.error().code());
      Complain(picture.error());
      all.push_back({{"input", word},
                     {"error",
                      {{"code", StatusCodeName(picture.error().code())},
                       {"message", picture.error().message()}}}});
      continue;
    }
    all.push_back(PictureJson(word, *picture));
    text += DescribePicture(word, *picture);
  }
  // One file gives one object, several give an array.
  const int said = options.Switch("json")
                       ? Say(DumpJson(words.size() == 1 ? all.front() : all, 2) + "\n")
                       : Say(text);
  return said != 0 ? said : ExitCodeOfFailures(failures);
}

}  // namespace recover::cli

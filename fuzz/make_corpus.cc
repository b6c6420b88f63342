// make_corpus DIR: small valid pictures of every format, depth and channel count with all metadata,
// the bare metadata blocks, and the files of seeds/ (kinds that our encoders never write), for the
// harnesses of this folder to start from.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "codec/colour_profile.h"
#include "codec/encode.h"
#include "codec/exif_edit.h"

namespace recover {
namespace {

class Ramp : public RowSource {
 public:
  explicit Ramp(int channels) : channels_(channels) {}
  Size size() const override { return {24, 17}; }
  int channels() const override { return channels_; }
  Status Read(MutableImageView rows) override {
    for (int y = 0; y < rows.height(); ++y) {
      for (int i = 0; i < rows.width() * channels_; ++i) {
        rows.row(y)[i] = static_cast<float>(i % 24) / 24;
      }
    }
    return Status::Ok();
  }

 private:
  int channels_;
};

Metadata MakeMetadata() {
  Metadata metadata;
  metadata.iptc = std::string("\x1C\2\x69\0\x0A", 5) + "A headline";
  metadata.exif = SetExifIptc(SetExifDensity("", 240, 240), metadata.iptc);
  metadata.xmp =
      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF><rdf:Description tiff:Orientation=\"6\">"
      "<exif:PixelXDimension>24</exif:PixelXDimension></rdf:Description></rdf:RDF></x:xmpmeta>";
  metadata.icc = SrgbIccProfile(false);
  metadata.dpi_x = 240;
  metadata.dpi_y = 240;
  return metadata;
}

int MakeCorpus(const std::filesystem::path& dir) {
  std::filesystem::create_directories(dir);
  for (const auto& seed : std::filesystem::directory_iterator(RECOVER_FUZZ_SEEDS)) {
    std::filesystem::copy_file(seed.path(), dir / seed.path().filename(),
                               std::filesystem::copy_options::overwrite_existing);
  }
  const Metadata metadata = MakeMetadata();
  const auto write = [&dir](const char* name, const std::string& bytes) {
    std::ofstream(dir / name, std::ios::binary) << bytes;
  };
  write("block.exif", metadata.exif);
  write("block.xmp", metadata.xmp);
  write("block.icc", metadata.icc);
  for (const FileFormat format : kAllFormats) {
    for (int channels = 1; channels <= 4 && CanEncode(format); ++channels) {
      for (const int bits : {8, 16}) {
        Ramp rows(channels);
        EncodeOptions options;
        options.format = format;
        options.bits_per_sample = bits;
        const std::string name = std::to_string(channels) + "x" + std::to_string(bits) + "." +
                                 std::string(DefaultExtension(format));
        if (Status status = EncodeFile(rows, metadata, options, dir / name); !status.ok()) {
          std::fprintf(stderr, "%s: %s\n", name.c_str(), status.message().c_str());
          return 1;
        }
      }
    }
  }
  return 0;
}

}  // namespace
}  // namespace recover

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_corpus DIR\n");
    return 2;
  }
  return recover::MakeCorpus(argv[1]);
}

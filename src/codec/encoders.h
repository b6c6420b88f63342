// One encoder per format; codec/encode.h chooses. For use inside this folder.
#pragma once

#include "codec/encode.h"
#include "codec/file_writer.h"
#include "codec/quantised_rows.h"

namespace recover {

// Each pulls all of `rows` and writes the whole file with `metadata`, which is already fitted to
// the new picture. Errors: the rows' own; kIoError or kInternal with the library's words; what the
// file met is in file.status().
Status EncodeJpeg(QuantisedRows& rows, const Metadata& metadata, const EncodeOptions& options,
                  FileWriter& file);
Status EncodePng(QuantisedRows& rows, const Metadata& metadata, const EncodeOptions& options,
                 FileWriter& file);
Status EncodeTiff(QuantisedRows& rows, const Metadata& metadata, const EncodeOptions& options,
                  FileWriter& file);
/// WebP, AVIF, JPEG XL.
Status EncodeByVips(QuantisedRows& rows, const Metadata& metadata, const EncodeOptions& options,
                    FileWriter& file);

}  // namespace recover

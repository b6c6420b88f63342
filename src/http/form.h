// A request's body, whatever its kind, read as it arrives.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/multipart.h"
#include "http/request.h"
#include "jobs/blob_store.h"

namespace recover {

/// What a route takes.
enum class BodyKind {
  kNone,      ///< A body is read and thrown away.
  kSubmit,    ///< A form with a file.
  kSettings,  ///< A form or a JSON object.
  kJson,      ///< JSON, whatever it holds; kept as text.
};

/// Fills request.fields, .upload and .body. `image`'s bytes go to a blob as they come; known text
/// fields are kept, others counted and dropped, so that memory stays flat. Not thread-safe.
class BodyReader {
 public:
  /// Looks at the Content-Type. `request` outlives the reader. `blobs` may be null where the
  /// route takes no file. Errors: kUnsupportedFormat for a submit of another type,
  /// kInvalidArgument elsewhere.
  static Result<std::unique_ptr<BodyReader>> Create(BodyKind kind, Request& request,
                                                    BlobStore* blobs);

  /// Errors: kInvalidArgument, kTooLarge (more text than any form of ours has), kOutOfSpace ...
  Status Feed(std::string_view piece);
  /// After the last piece.
  Status Finish();

 private:
  enum class Shape { kIgnored, kMultipart, kUrlEncoded, kJsonText };

  BodyReader(BodyKind kind, Shape shape, Request& request, BlobStore* blobs);

  Status OnPart(const PartHeader& header);
  Status OnData(std::string_view piece);
  Status OnPartEnd();
  Status PutField(std::string_view name, const std::string& value);

  const BodyKind kind_;
  const Shape shape_;
  Request& request_;
  BlobStore* const blobs_;
  std::optional<MultipartParser> multipart_;
  std::string text_;       ///< The whole body of the smaller shapes, or one part's value.
  PartHeader part_;        ///< The part that is being read.
  bool is_image_ = false;  ///< It is a submit's file.
  bool is_kept_ = false;   ///< It is a text field that some route reads.
};

}  // namespace recover

#include "http/form.h"

#include "base/strings.h"
#include "http/file_name.h"
#include "http/header_value.h"
#include "http/json_fields.h"
#include "http/uri.h"

namespace recover {
namespace {

constexpr size_t kMostTextBytes = size_t{4} << 20;  // of a JSON or urlencoded body
constexpr size_t kMostFieldBytes = size_t{64} << 10;

Status WrongType(BodyKind kind) {
  if (kind == BodyKind::kSubmit) {
    return {StatusCode::kUnsupportedFormat,
            "the body must be multipart/form-data with the fields of this route"};
  }
  return {StatusCode::kInvalidArgument,
          kind == BodyKind::kJson
              ? "the body must be application/json"
              : "the body must be multipart/form-data, application/x-www-form-urlencoded or "
                "application/json"};
}

bool IsJson(std::string_view type) {
  return type == "application/json" ||
         (type.starts_with("application/") && type.ends_with("+json"));
}

}  // namespace

Result<std::unique_ptr<BodyReader>> BodyReader::Create(BodyKind kind, Request& request,
                                                       BlobStore* blobs) {
  const std::string_view content_type = request.header("content-type");
  const auto make = [&](Shape shape) {
    return std::unique_ptr<BodyReader>(new BodyReader(kind, shape, request, blobs));
  };
  if (kind == BodyKind::kNone) {
    return make(Shape::kIgnored);
  }
  RECOVER_ASSIGN_OR_RETURN(const auto boundary, MultipartBoundary(content_type));
  if (boundary && kind != BodyKind::kJson) {
    auto reader = make(Shape::kMultipart);
    BodyReader* const self = reader.get();
    reader->multipart_.emplace(
        *boundary,
        MultipartParser::Events{[self](const PartHeader& header) { return self->OnPart(header); },
                                [self](std::string_view piece) { return self->OnData(piece); },
                                [self] { return self->OnPartEnd(); }});
    return reader;
  }
  const std::string type = AsciiLower(ParseHeaderValue(content_type).value);
  if (type == "application/x-www-form-urlencoded" && kind != BodyKind::kJson) {
    return make(Shape::kUrlEncoded);
  }
  if (kind != BodyKind::kSubmit && IsJson(type)) {
    return make(Shape::kJsonText);
  }
  // Without a type there may be no body at all: the first byte decides.
  if (type.empty()) {
    return make(kind == BodyKind::kJson ? Shape::kJsonText : Shape::kUrlEncoded);
  }
  return WrongType(kind);
}

BodyReader::BodyReader(BodyKind kind, Shape shape, Request& request, BlobStore* blobs)
    : kind_(kind), shape_(shape), request_(request), blobs_(blobs) {}

Status BodyReader::Feed(std::string_view piece) {
  switch (shape_) {
    case Shape::kIgnored:
      return Status::Ok();
    case Shape::kMultipart:
      return multipart_->Feed(piece);
    case Shape::kUrlEncoded:
    case Shape::kJsonText:
      break;
  }
  if (request_.header("content-type").empty() && kind_ != BodyKind::kJson) {
    return WrongType(kind_);
  }
  if (text_.size() + piece.size() > kMostTextBytes) {
    return {StatusCode::kTooLarge, "the body is too large; a body of this type may have " +
                                       HumanBytes(static_cast<int64_t>(kMostTextBytes))};
  }
  text_ += piece;
  return Status::Ok();
}

Status BodyReader::Finish() {
  switch (shape_) {
    case Shape::kIgnored:
      return Status::Ok();
    case Shape::kMultipart:
      return multipart_->Finish();
    case Shape::kUrlEncoded:
      break;
    case Shape::kJsonText: {
      if (kind_ == BodyKind::kJson) {
        request_.body = std::move(text_);
        return Status::Ok();
      }
      RECOVER_ASSIGN_OR_RETURN(request_.fields, FieldsOfJsonText(text_));
      return Status::Ok();
    }
  }
  const auto fields = ParseUriFields(text_);
  if (!fields) {
    return {StatusCode::kInvalidArgument,
            "the body is no application/x-www-form-urlencoded as its Content-Type says"};
  }
  for (const auto& [name, value] : *fields) {
    if (IsKnownField(name)) {
      RECOVER_RETURN_IF_ERROR(PutField(name, value));
    }
  }
  return Status::Ok();
}

Status BodyReader::OnPart(const PartHeader& header) {
  part_ = header;
  text_.clear();
  is_image_ = kind_ == BodyKind::kSubmit && header.name == "image";
  is_kept_ = !is_image_ && IsKnownField(header.name);
  if (!is_image_) {
    return Status::Ok();
  }
  if (request_.upload) {
    return {StatusCode::kInvalidArgument, "image was sent twice; send one picture a request"};
  }
  RECOVER_ASSIGN_OR_RETURN(BlobWriter blob, blobs_->Begin());
  request_.upload.emplace(Upload{std::move(blob), CleanFileName(header.file_name)});
  return Status::Ok();
}

Status BodyReader::OnData(std::string_view piece) {
  if (is_image_) {
    return request_.upload->blob.Write(piece);
  }
  if (!is_kept_) {
    return Status::Ok();
  }
  if (text_.size() + piece.size() > kMostFieldBytes) {
    return {StatusCode::kInvalidArgument, part_.name + " is too long; a field may have " +
                                              HumanBytes(static_cast<int64_t>(kMostFieldBytes))};
  }
  text_ += piece;
  return Status::Ok();
}

Status BodyReader::OnPartEnd() {
  if (is_image_) {
    // What a browser sends for a file field that was left empty: no file.
    if (request_.upload->blob.bytes() == 0 && part_.file_name.empty()) {
      request_.upload.reset();
    }
    return Status::Ok();
  }
  return is_kept_ ? PutField(part_.name, text_) : Status::Ok();
}

Status BodyReader::PutField(std::string_view name, const std::string& value) {
  const auto [field, is_new] = request_.fields.try_emplace(std::string(name), value);
  if (!is_new && field->second != value) {
    return {StatusCode::kInvalidArgument,
            std::string(name) + " was sent twice with different values"};
  }
  return Status::Ok();
}

}  // namespace recover

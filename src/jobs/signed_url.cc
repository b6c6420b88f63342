#include "jobs/signed_url.h"

#include <charconv>
#include <optional>

#include "base/hmac.h"

namespace recover {
namespace {

constexpr std::string_view kGet = "GET";
constexpr std::string_view kHead = "HEAD";

// Over lines, so that no part can run into the next. The first one keeps signatures of the same
// secret for other ends apart.
std::string SignatureOf(std::string_view secret, std::string_view method, std::string_view blob_id,
                        std::string_view exp) {
  std::string message = "recover file url v1\n";
  for (const std::string_view part : {method, blob_id, exp}) {
    message.append(part).append("\n");
  }
  return HmacSha256Hex(secret, message);
}

std::optional<int64_t> ParseSeconds(std::string_view text) {
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(seconds) : std::nullopt;
}

}  // namespace

SignedUrls SignFileUrls(std::string_view secret, std::string_view origin, std::string_view blob_id,
                        UnixTime expiry) {
  const std::string exp = std::to_string(expiry.time_since_epoch().count());
  std::string stem(origin);
  while (stem.ends_with('/')) {
    stem.pop_back();
  }
  stem.append("/files/").append(blob_id).append("?exp=").append(exp).append("&sig=");
  return {.download_url = stem + SignatureOf(secret, kGet, blob_id, exp),
          .head_url = stem + SignatureOf(secret, kHead, blob_id, exp),
          .expiry = expiry};
}

Status CheckFileSignature(std::string_view secret, std::string_view method,
                          std::string_view blob_id, std::string_view exp, std::string_view sig,
                          UnixTime now) {
  // Both are always computed, so that the time tells nothing about which one was near.
  const bool for_get = ConstantTimeEqual(sig, SignatureOf(secret, kGet, blob_id, exp));
  const bool for_head = ConstantTimeEqual(sig, SignatureOf(secret, kHead, blob_id, exp));
  const bool is_signed = (method == kGet && for_get) || (method == kHead && (for_get || for_head));
  // Only what we signed is read as a number.
  const std::optional<int64_t> seconds = is_signed ? ParseSeconds(exp) : std::nullopt;
  if (!seconds) {
    return {StatusCode::kPermissionDenied,
            "this URL is not signed for this file and method; ask for a new one with " +
                std::string("GET /image/v1/download/{process_id}")};
  }
  if (now.time_since_epoch().count() >= *seconds) {
    return {StatusCode::kPermissionDenied,
            "this URL has expired; ask for a new one with GET /image/v1/download/{process_id}"};
  }
  return Status::Ok();
}

}  // namespace recover

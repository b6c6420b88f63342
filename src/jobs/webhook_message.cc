#include "jobs/webhook_message.h"

#include "base/hmac.h"
#include "base/json.h"
#include "jobs/signed_url.h"

namespace recover {
namespace {

constexpr std::chrono::hours kUrlsHold{1};

}  // namespace

std::string WebhookBody(const OutboxMessage& message, std::string_view url_secret,
                        std::string_view origin, UnixTime now) {
  const UnixTime expiry = now + kUrlsHold;
  Json body;
  body["notification_id"] = message.notification_id;
  body["process_id"] = message.process_id;
  body["status"] = JobStateName(message.state);
  body["creation_time"] = message.creation_time.time_since_epoch().count();
  body["modification_time"] = message.modification_time.time_since_epoch().count();
  body["progress"] = message.progress;
  const SignedUrls input = SignFileUrls(url_secret, origin, message.source_id, expiry);
  body["input_download_url"] = input.download_url;
  body["input_head_url"] = input.head_url;
  if (message.state == JobState::kCompleted) {
    const SignedUrls output = SignFileUrls(url_secret, origin, message.output_id, expiry);
    body["download_url"] = output.download_url;
    body["head_url"] = output.head_url;
  }
  return DumpJson(body);
}

std::string WebhookSignature(std::string_view webhook_secret, std::string_view body, UnixTime now) {
  const std::string seconds = std::to_string(now.time_since_epoch().count());
  std::string signed_text = seconds + ".";
  signed_text.append(body);
  return "t=" + seconds + ",v1=" + HmacSha256Hex(webhook_secret, signed_text);
}

}  // namespace recover

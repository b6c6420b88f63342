// What a webhook says and how it is signed.
#pragma once

#include <string>
#include <string_view>

#include "jobs/outbox.h"

namespace recover {

/// The JSON body. The URLs in it open with `origin` and hold for an hour from `now`.
std::string WebhookBody(const OutboxMessage& message, std::string_view url_secret,
                        std::string_view origin, UnixTime now);

/// The value of X-Recover-Signature: "t=SECONDS,v1=HEX", HEX being HMAC-SHA-256 with the key's
/// webhook secret over "SECONDS.BODY". The time in it lets a receiver refuse old copies.
std::string WebhookSignature(std::string_view webhook_secret, std::string_view body, UnixTime now);

}  // namespace recover

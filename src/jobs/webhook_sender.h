// Delivers the webhooks' outbox: at least once, in order for each job, signed.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "jobs/database.h"
#include "net/address_guard.h"

namespace recover {

/// A thread of its own reads the outbox and posts; workers never wait for it. 5xx, time-outs
/// and failing connections are tried again after 5, 10, 20 s ... at most 15 minutes apart, for
/// 24 hours; 4xx drops. Deliveries of different jobs do not wait for each other.
class WebhookSender {
 public:
  struct Options {
    std::shared_ptr<Database> database;
    AddressGuard guard;
    std::string url_secret;  ///< Signs download URLs in the body.
    std::string public_url;  ///< Empty = the origin that each job's client used.
    std::chrono::milliseconds first_wait{5'000};  ///< Of the doubling; tests shorten it.
    std::chrono::milliseconds post_timeout{30'000};
    int parallel = 8;  ///< Deliveries under way at once.
  };
  static Result<std::unique_ptr<WebhookSender>> Start(Options options);
  /// Ends within the delivery under way; what is pending stays in the outbox.
  virtual ~WebhookSender() = default;
  /// There may be something new.
  virtual void Wake() = 0;
};

}  // namespace recover

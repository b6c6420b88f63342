// Delivers the webhooks' outbox: at least once, in order for each job, signed.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "jobs/database.h"
#include "net/address_guard.h"

namespace recover {

/// Threads of its own read the outbox and post; workers never wait for them. What became of a try:
///   2xx                     delivered
///   5xx                     tried again after 5, 10, 20 s ... at most 15 minutes apart, until the
///   no answer at all        pauses sum up to 24 hours; then dropped
///   4xx, 3xx                dropped: redirects are not followed
/// "No answer" covers failing connections, time-outs, names that are not found and addresses that
/// `guard` refuses: a name server's bad hour must not cost a notification.
///
/// The webhooks of one job arrive in order, each after the one before it was delivered or dropped;
/// those of different jobs do not wait for each other, and one key gets at most half of the
/// deliveries under way, so that a receiver that hangs does not hold up other keys'. Each arrives
/// at least once: after a crash one may come twice, with the same notification_id.
class WebhookSender {
 public:
  struct Options {
    std::shared_ptr<Database> database;
    AddressGuard guard;
    std::string url_secret;  ///< Signs download URLs in the body.
    std::string public_url;  ///< Empty = the origin that each job's client used.
    std::chrono::milliseconds first_wait{5'000};  ///< Of the doubling; tests shorten it.
    std::chrono::milliseconds post_timeout{30'000};
    std::chrono::milliseconds poll{500};  ///< How soon rows of other processes are seen.
    int parallel = 32;                    ///< Deliveries under way at once.
  };
  static Result<std::unique_ptr<WebhookSender>> Start(Options options);
  /// Ends at once: what is under way is broken off and stays in the outbox with the rest.
  virtual ~WebhookSender() = default;
  /// There may be something new. Quick; from any thread.
  virtual void Wake() = 0;

 protected:
  WebhookSender() = default;
};

}  // namespace recover

// When a webhook is tried again, and when no more.
#pragma once

#include <chrono>

namespace recover {

enum class WebhookVerdict { kDelivered, kRetry, kDrop };

/// What the receiver's HTTP status means: 2xx delivered; 5xx try again; 4xx, and 3xx, which are not
/// followed, drop. That 408 and 429 drop too is the original service's rule.
WebhookVerdict JudgeAnswer(int http_status);

/// The pause after the `tries`-th failed try (1, 2 ...): first_wait, doubling, at most 15 minutes.
std::chrono::milliseconds WaitAfterTry(int tries, std::chrono::milliseconds first_wait);

/// False once the pauses before the next try would sum up to more than 24 hours. Counted by tries
/// and not by the clock: a jump of the wall clock neither ends a delivery early nor keeps it for
/// ever, and time in which the server was down is not held against the receiver.
bool MayTryAgain(int tries, std::chrono::milliseconds first_wait);

}  // namespace recover

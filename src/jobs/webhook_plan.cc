#include "jobs/webhook_plan.h"

#include <algorithm>

namespace recover {
namespace {

constexpr std::chrono::milliseconds kLongestWait = std::chrono::minutes(15);
constexpr std::chrono::milliseconds kLongestDelivery = std::chrono::hours(24);

}  // namespace

WebhookVerdict JudgeAnswer(int http_status) {
  if (http_status >= 200 && http_status < 300) {
    return WebhookVerdict::kDelivered;
  }
  return http_status >= 500 ? WebhookVerdict::kRetry : WebhookVerdict::kDrop;
}

std::chrono::milliseconds WaitAfterTry(int tries, std::chrono::milliseconds first_wait) {
  std::chrono::milliseconds wait = first_wait;
  for (int doubled = 1; doubled < tries && wait < kLongestWait; ++doubled) {
    wait *= 2;
  }
  return std::min(wait, kLongestWait);
}

bool MayTryAgain(int tries, std::chrono::milliseconds first_wait) {
  std::chrono::milliseconds sum{0};
  for (int tried = 1; tried <= tries && sum <= kLongestDelivery; ++tried) {
    sum += WaitAfterTry(tried, first_wait);
  }
  return sum <= kLongestDelivery;
}

}  // namespace recover

#include "jobs/webhook_sender.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "jobs/outbox.h"
#include "jobs/webhook_lanes.h"
#include "jobs/webhook_message.h"
#include "jobs/webhook_plan.h"
#include "net/fetch.h"

namespace recover {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kBatch = 500;  // Rows read at once.

class Sender final : public WebhookSender {
 public:
  explicit Sender(Options options)
      : options_(std::move(options)),
        outbox_(options_.database),
        lanes_(std::max(1, options_.parallel / 2)) {}

  ~Sender() override {
    // All are told before the first is waited for.
    for (std::jthread& thread : threads_) {
      thread.request_stop();
    }
  }

  Status StartThreads() {
    try {
      threads_.emplace_back([this](const std::stop_token& stop) { ReadOutbox(stop); });
      for (int index = 0; index < options_.parallel; ++index) {
        threads_.emplace_back([this](const std::stop_token& stop) { DeliverTurns(stop); });
      }
    } catch (const std::system_error& error) {
      return {StatusCode::kUnavailable,
              "no threads for the webhooks: " + std::string(error.what())};
    }
    return Status::Ok();
  }

  void Wake() override {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_all();
  }

 private:
  // Of the reading thread: rows into lanes, in the order of their ids.
  void ReadOutbox(const std::stop_token& stop);
  // How long a row from the store waits here. The wall clock may have jumped since it was written:
  // never longer than its plan says.
  SteadyClock::time_point DueOf(const OutboxEntry& entry) const;

  // Of each delivering thread.
  void DeliverTurns(const std::stop_token& stop);
  // When the lane may go on: nothing = this delivery is done with.
  std::optional<SteadyClock::time_point> Deliver(const WebhookLanes::Turn& turn,
                                                 const std::stop_token& stop);
  // Nothing when `stop` broke it off: that is no try of the receiver's.
  std::optional<WebhookVerdict> Post(const OutboxMessage& message, const std::stop_token& stop);
  std::optional<SteadyClock::time_point> Settle(int64_t outbox_id, const OutboxMessage& message,
                                                WebhookVerdict verdict);
  std::optional<SteadyClock::time_point> Close(int64_t outbox_id, bool is_delivered);
  // The store's fault is not the receiver's: no try is counted.
  SteadyClock::time_point AfterStoreFault() const {
    return SteadyClock::now() + options_.first_wait;
  }

  const Options options_;
  Outbox outbox_;

  std::mutex mutex_;  ///< Guards what follows; not held over the store or the network.
  std::condition_variable_any changed_;
  bool woken_ = false;
  WebhookLanes lanes_;
  int64_t changes_ = 0;  ///< Of lanes_: who waits looks again.
  /// Ended, but the store could not note it: not to be posted again while we live.
  std::map<int64_t, bool> unsettled_;  ///< outbox_id -> was delivered.

  std::vector<std::jthread> threads_;  ///< Last: joined before the rest goes.
};

SteadyClock::time_point Sender::DueOf(const OutboxEntry& entry) const {
  if (entry.tries == 0) {
    return SteadyClock::now();
  }
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      outbox_.clock().WallNow().time_since_epoch());
  // Compared before subtracted: the stored number may be anything.
  const auto longest = WaitAfterTry(entry.tries, options_.first_wait);
  const auto left = entry.next_try <= now             ? std::chrono::milliseconds(0)
                    : entry.next_try >= now + longest ? longest
                                                      : entry.next_try - now;
  return SteadyClock::now() + left;
}

void Sender::ReadOutbox(const std::stop_token& stop) {
  int64_t last = 0;
  while (!stop.stop_requested()) {
    const auto entries = outbox_.EntriesAfter(last, kBatch);
    if (!entries) {
      Log(LogLevel::kWarning, "webhooks not read", {{"error", entries.error().message()}});
    }
    std::unique_lock lock(mutex_);
    const size_t count = entries ? entries->size() : 0;
    for (size_t index = 0; index < count; ++index) {
      const OutboxEntry& entry = (*entries)[index];
      lanes_.Add({entry.process_id, entry.key_id, entry.outbox_id}, DueOf(entry));
      last = entry.outbox_id;
    }
    if (count > 0) {
      ++changes_;
      changed_.notify_all();
    }
    if (count < kBatch) {
      changed_.wait_for(lock, stop, options_.poll, [this] { return woken_; });
      woken_ = false;
    }
  }
}

void Sender::DeliverTurns(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto turn = lanes_.Take(SteadyClock::now());
    if (!turn) {
      const auto due = lanes_.NextDue();
      const auto has_changed = [this, seen = changes_] { return changes_ != seen; };
      if (due) {
        changed_.wait_until(lock, stop, *due, has_changed);
      } else {
        changed_.wait(lock, stop, has_changed);
      }
      continue;
    }
    lock.unlock();
    const auto again = Deliver(*turn, stop);
    lock.lock();
    if (again) {
      lanes_.Postpone(*turn, *again);
    } else {
      lanes_.Finish(*turn, SteadyClock::now());
    }
    ++changes_;
    changed_.notify_all();
  }
}

std::optional<SteadyClock::time_point> Sender::Deliver(const WebhookLanes::Turn& turn,
                                                       const std::stop_token& stop) {
  std::optional<bool> ended;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = unsettled_.find(turn.outbox_id); found != unsettled_.end()) {
      ended = found->second;
    }
  }
  if (ended) {
    return Close(turn.outbox_id, *ended);
  }
  const auto message = outbox_.Find(turn.outbox_id);
  if (!message) {
    Log(LogLevel::kWarning, "webhook not read",
        {{"job", turn.process_id}, {"error", message.error().message()}});
    return AfterStoreFault();
  }
  if (!*message) {
    return std::nullopt;
  }
  const auto verdict = Post(**message, stop);
  if (!verdict) {
    return AfterStoreFault();
  }
  return Settle(turn.outbox_id, **message, *verdict);
}

std::optional<WebhookVerdict> Sender::Post(const OutboxMessage& message,
                                           const std::stop_token& stop) {
  const UnixTime now = std::chrono::floor<std::chrono::seconds>(outbox_.clock().WallNow());
  const std::string& origin = options_.public_url.empty() ? message.origin : options_.public_url;
  const std::string body = WebhookBody(message, options_.url_secret, origin, now);
  FetchLimits limits;
  limits.total_timeout = options_.post_timeout;
  limits.connect_timeout = std::min(limits.connect_timeout, options_.post_timeout);
  const auto answer =
      PostJson(message.url, body,
               {{"X-Recover-Signature", WebhookSignature(message.webhook_secret, body, now)}},
               options_.guard, limits, stop);
  if (!answer && answer.error().code() == StatusCode::kCancelled) {
    return std::nullopt;
  }
  const WebhookVerdict verdict = answer ? JudgeAnswer(*answer) : WebhookVerdict::kRetry;
  const bool is_good = verdict == WebhookVerdict::kDelivered;
  Log(is_good ? LogLevel::kInfo : LogLevel::kWarning,
      is_good ? "webhook delivered" : "webhook failed",
      {{"job", message.process_id},
       {"notification", message.notification_id},
       {"status", JobStateName(message.state)},
       {"try", message.tries + 1},
       {"answer", answer ? std::to_string(*answer) : answer.error().message()}});
  return verdict;
}

std::optional<SteadyClock::time_point> Sender::Settle(int64_t outbox_id,
                                                      const OutboxMessage& message,
                                                      WebhookVerdict verdict) {
  const int tries = message.tries + 1;
  if (verdict == WebhookVerdict::kRetry && MayTryAgain(tries, options_.first_wait)) {
    const auto wait = WaitAfterTry(tries, options_.first_wait);
    if (const Status status = outbox_.Postpone(outbox_id, tries, wait); !status.ok()) {
      Log(LogLevel::kWarning, "webhook's next try not noted",
          {{"job", message.process_id}, {"error", status.message()}});
    }
    return SteadyClock::now() + wait;
  }
  const bool is_delivered = verdict == WebhookVerdict::kDelivered;
  if (!is_delivered) {
    Log(LogLevel::kWarning, "webhook dropped",
        {{"job", message.process_id}, {"notification", message.notification_id}});
  }
  return Close(outbox_id, is_delivered);
}

std::optional<SteadyClock::time_point> Sender::Close(int64_t outbox_id, bool is_delivered) {
  const Status status = outbox_.Remove(outbox_id, is_delivered);
  const std::lock_guard lock(mutex_);
  if (status.ok()) {
    unsettled_.erase(outbox_id);
    return std::nullopt;
  }
  Log(LogLevel::kWarning, "webhook's end not noted", {{"error", status.message()}});
  unsettled_[outbox_id] = is_delivered;
  return AfterStoreFault();
}

}  // namespace

Result<std::unique_ptr<WebhookSender>> WebhookSender::Start(Options options) {
  auto sender = std::make_unique<Sender>(std::move(options));
  RECOVER_RETURN_IF_ERROR(sender->StartThreads());
  return std::unique_ptr<WebhookSender>(std::move(sender));
}

}  // namespace recover

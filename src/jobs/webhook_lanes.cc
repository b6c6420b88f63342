#include "jobs/webhook_lanes.h"

#include <algorithm>

#include "base/check.h"

namespace recover {

void WebhookLanes::Add(const Turn& delivery, Time due) {
  Lane& lane = lanes_[delivery.process_id];
  lane.deliveries.push_back(delivery.outbox_id);
  if (lane.deliveries.size() == 1) {
    keys_[delivery.key_id].waiting.emplace(due, delivery.process_id);
  }
}

std::optional<WebhookLanes::Turn> WebhookLanes::Take(Time now) {
  std::pair<const int64_t, KeyLanes>* best = nullptr;
  for (auto& key : keys_) {
    const KeyLanes& lanes = key.second;
    if (lanes.under_way >= max_per_key_ || lanes.waiting.empty() ||
        lanes.waiting.begin()->first > now) {
      continue;
    }
    const auto rank = [](const KeyLanes& of) {
      return std::pair(of.under_way, of.waiting.begin()->first);
    };
    if (best == nullptr || rank(lanes) < rank(best->second)) {
      best = &key;
    }
  }
  if (best == nullptr) {
    return std::nullopt;
  }
  const std::string process_id = best->second.waiting.begin()->second;
  best->second.waiting.erase(best->second.waiting.begin());
  ++best->second.under_way;
  Lane& lane = lanes_.at(process_id);
  lane.under_way = true;
  return Turn{process_id, best->first, lane.deliveries.front()};
}

std::optional<WebhookLanes::Time> WebhookLanes::NextDue() const {
  std::optional<Time> next;
  for (const auto& [key_id, lanes] : keys_) {
    if (lanes.under_way < max_per_key_ && !lanes.waiting.empty()) {
      const Time due = lanes.waiting.begin()->first;
      next = next ? std::min(*next, due) : due;
    }
  }
  return next;
}

void WebhookLanes::Finish(const Turn& turn, Time now) {
  Lane& lane = lanes_.at(turn.process_id);
  RECOVER_CHECK(lane.under_way && lane.deliveries.front() == turn.outbox_id);
  lane.deliveries.erase(lane.deliveries.begin());
  PutBack(turn, now);
}

void WebhookLanes::Postpone(const Turn& turn, Time due) { PutBack(turn, due); }

void WebhookLanes::PutBack(const Turn& turn, Time due) {
  const auto lane = lanes_.find(turn.process_id);
  const auto key = keys_.find(turn.key_id);
  RECOVER_CHECK(lane != lanes_.end() && key != keys_.end() && lane->second.under_way);
  --key->second.under_way;
  if (lane->second.deliveries.empty()) {
    lanes_.erase(lane);
  } else {
    lane->second.under_way = false;
    key->second.waiting.emplace(due, turn.process_id);
  }
  if (key->second.under_way == 0 && key->second.waiting.empty()) {
    keys_.erase(key);
  }
}

}  // namespace recover

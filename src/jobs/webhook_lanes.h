// Whose webhook is next: one lane a job, in order; keys share the senders fairly.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace recover {

/// The deliveries of one job wait in one lane, of which only the first is under way. Among lanes
/// whose time has come, the key with the fewest deliveries under way is served, and of its lanes
/// the one that waits longest; one key gets at most `max_per_key` at once, so that a receiver
/// that never answers leaves room for others. In memory alone; not thread-safe.
class WebhookLanes {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// A delivery that somebody has in hand.
  struct Turn {
    std::string process_id;
    int64_t key_id = 0;
    int64_t outbox_id = 0;
  };

  explicit WebhookLanes(int max_per_key) : max_per_key_(max_per_key) {}

  /// Behind the others of its job. `due` counts when it is the first.
  void Add(const Turn& delivery, Time due);

  /// The next one that may be delivered now, until Finish() or Postpone().
  std::optional<Turn> Take(Time now);

  /// When Take() may have something; nothing while that depends on others' Finish() or Add().
  std::optional<Time> NextDue() const;

  /// Done with: the job's next one is due at `now`.
  void Finish(const Turn& turn, Time now);

  /// Failed: the job's lane waits until `due`.
  void Postpone(const Turn& turn, Time due);

  bool empty() const { return lanes_.empty(); }

 private:
  struct Lane {
    std::vector<int64_t> deliveries;  ///< First = at the front. Never empty between calls.
    bool under_way = false;
  };
  struct KeyLanes {
    int under_way = 0;
    std::set<std::pair<Time, std::string>> waiting;  ///< Lanes that are not under way.
  };

  /// The lane of `turn` again waits until `due`.
  void PutBack(const Turn& turn, Time due);

  int max_per_key_;
  std::map<std::string, Lane, std::less<>> lanes_;  ///< By process_id.
  std::map<int64_t, KeyLanes> keys_;                ///< By key_id.
};

}  // namespace recover

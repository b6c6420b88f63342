// Sums since the store was made, for /metrics.
#pragma once

#include <string>

namespace soci {
class session;
}

namespace recover {

inline constexpr char kCompletedTotal[] = "jobs_completed";
inline constexpr char kFailedTotal[] = "jobs_failed";
inline constexpr char kCancelledTotal[] = "jobs_cancelled";
inline constexpr char kMegapixelsTotal[] = "output_megapixels";
inline constexpr char kDecodeSecondsTotal[] = "decode_seconds";
inline constexpr char kResampleSecondsTotal[] = "resample_seconds";
inline constexpr char kNetworkSecondsTotal[] = "network_seconds";
inline constexpr char kEncodeSecondsTotal[] = "encode_seconds";
inline constexpr char kJobSecondsTotal[] = "job_seconds";
inline constexpr char kWebhooksDeliveredTotal[] = "webhooks_delivered";
inline constexpr char kWebhooksDroppedTotal[] = "webhooks_dropped";

/// Inside Database::Write, in the transaction of what is counted. Throws soci::soci_error.
void AddToTotal(soci::session& sql, const char* name, double amount);

/// 0 if nothing was added yet. Throws soci::soci_error.
double ReadTotal(soci::session& sql, const char* name);

}  // namespace recover

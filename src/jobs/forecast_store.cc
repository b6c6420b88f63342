#include "jobs/forecast_store.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <soci/soci.h>

#include "jobs/forecast.h"
#include "jobs/job_store.h"

namespace recover {
namespace {

constexpr std::chrono::seconds kFresh{1};
/// Of each network; older ones weigh nothing any more (forecast.cc).
constexpr int kKept = 40;

/// Without the waiting for the device that `total` may hold.
double WorkSeconds(const JobSeconds& seconds) {
  const double stages = seconds.decode + seconds.resample + seconds.network + seconds.encode;
  return stages > 0 && stages < seconds.total ? stages : seconds.total;
}

std::vector<LiveJob> ReadLiveJobs(soci::session& sql, const Clock& clock) {
  const long long now_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock.WallNow().time_since_epoch())
          .count();
  LiveJob job;
  long long key_id = 0, started_ms = 0;
  double width = 0, height = 0;
  int is_processing = 0;
  soci::statement statement =
      (sql.prepare << "SELECT process_id, key_id, network, output_width, output_height, "
                      "state = 'Processing', progress, started_ms FROM jobs "
                      "WHERE ended_at = 0 ORDER BY sequence",
       soci::into(job.process_id), soci::into(key_id), soci::into(job.network), soci::into(width),
       soci::into(height), soci::into(is_processing), soci::into(job.progress),
       soci::into(started_ms));
  statement.execute();
  std::vector<LiveJob> jobs;
  while (statement.fetch()) {
    job.key_id = key_id;
    job.megapixels = width * height / 1e6;
    job.is_processing = is_processing != 0;
    job.elapsed_seconds = std::max(0.0, static_cast<double>(now_ms - started_ms) / 1000);
    jobs.push_back(job);
  }
  return jobs;
}

std::map<std::string, SpeedLine> ReadSpeeds(soci::session& sql) {
  std::string network;
  Measurement measurement;
  soci::statement statement =
      (sql.prepare << "SELECT network, megapixels, seconds FROM measurements "
                      "ORDER BY measurement_id DESC",
       soci::into(network), soci::into(measurement.megapixels), soci::into(measurement.seconds));
  statement.execute();
  std::map<std::string, std::vector<Measurement>> measurements;
  while (statement.fetch()) {
    measurements[network].push_back(measurement);
  }
  std::map<std::string, SpeedLine> speeds;
  for (const auto& [name, latest] : measurements) {
    speeds[name] = FitSpeed(latest);
  }
  return speeds;
}

std::map<int64_t, int64_t> ReadLastClaims(soci::session& sql) {
  long long key_id = 0, last_claim = 0;
  soci::statement statement =
      (sql.prepare << "SELECT key_id, last_claim FROM keys WHERE last_claim > 0",
       soci::into(key_id), soci::into(last_claim));
  statement.execute();
  std::map<int64_t, int64_t> claims;
  while (statement.fetch()) {
    claims[key_id] = last_claim;
  }
  return claims;
}

}  // namespace

void AddMeasurement(soci::session& sql, const JobRecord& job, const JobSeconds& seconds) {
  const std::string network = NetworkOf(job.settings);
  const double megapixels = job.output_megapixels();
  const double taken = WorkSeconds(seconds);
  if (!(taken > 0) || !std::isfinite(taken)) {
    return;
  }
  sql << "INSERT INTO measurements (network, megapixels, seconds) VALUES (:network, :mp, :taken)",
      soci::use(network), soci::use(megapixels), soci::use(taken);
  sql << "DELETE FROM measurements WHERE network = :network AND measurement_id <= "
         "(SELECT measurement_id FROM measurements WHERE network = :same "
         "ORDER BY measurement_id DESC LIMIT 1 OFFSET :kept)",
      soci::use(network), soci::use(network), soci::use(kKept);
}

class ForecastBoard::Impl {
 public:
  Impl(std::shared_ptr<Database> database, int workers) : database_(std::move(database)) {
    state_.workers = workers;
  }

  UnixTime EtaOf(const JobRecord& job) {
    if (IsFinal(job.state)) {
      return job.modification_time;
    }
    const std::lock_guard lock(mutex_);
    RefreshIfOld();
    auto eta = etas_.find(job.process_id);
    if (eta == etas_.end()) {
      // It came by another process.
      looked_.reset();
      RefreshIfOld();
      eta = etas_.find(job.process_id);
    }
    if (eta != etas_.end()) {
      return eta->second;
    }
    return After(SpeedOf(NetworkOf(job.settings)).Seconds(job.output_megapixels()));
  }

  void Add(const JobRecord& job) {
    const std::lock_guard lock(mutex_);
    state_.jobs.push_back({.process_id = job.process_id,
                           .key_id = job.key_id,
                           .network = NetworkOf(job.settings),
                           .megapixels = job.output_megapixels()});
    Play();
  }

  void Invalidate() {
    const std::lock_guard lock(mutex_);
    looked_.reset();
  }

  double SecondsOf(const RequestSettings& settings, double megapixels) {
    const std::lock_guard lock(mutex_);
    RefreshIfOld();
    return SpeedOf(NetworkOf(settings)).Seconds(megapixels);
  }

 private:
  SpeedLine SpeedOf(const std::string& network) const {
    const auto speed = state_.speeds.find(network);
    return speed == state_.speeds.end() ? SpeedLine{} : speed->second;
  }

  UnixTime After(double seconds) const {
    return UnixNow(database_->clock()) +
           std::chrono::seconds(static_cast<int64_t>(std::ceil(std::min(seconds, 1e9))));
  }

  void Play() {
    const std::vector<double> ends = PlayQueue(state_);
    etas_.clear();
    for (size_t i = 0; i < ends.size(); ++i) {
      etas_[state_.jobs[i].process_id] = After(ends[i]);
    }
  }

  void RefreshIfOld() {
    const auto now = database_->clock().Now();
    if (looked_ && now - *looked_ < kFresh) {
      return;
    }
    QueueState fresh{.workers = state_.workers};
    const Status status = database_->Read([&](soci::session& sql) {
      fresh.jobs = ReadLiveJobs(sql, database_->clock());
      fresh.speeds = ReadSpeeds(sql);
      fresh.last_claims = ReadLastClaims(sql);
      return Status::Ok();
    });
    looked_ = now;  // A store that fails is not asked more often for that.
    if (status.ok()) {
      state_ = std::move(fresh);
      Play();
    }
  }

  std::shared_ptr<Database> database_;  // shared with the other parts of the server
  std::mutex mutex_;                    ///< Guards what follows; held for a look, ms at most.
  QueueState state_;
  std::unordered_map<std::string, UnixTime> etas_;
  std::optional<std::chrono::steady_clock::time_point> looked_;
};

ForecastBoard::ForecastBoard(std::shared_ptr<Database> database, int workers)
    : impl_(std::make_unique<Impl>(std::move(database), workers)) {}
ForecastBoard::~ForecastBoard() = default;

UnixTime ForecastBoard::EtaOf(const JobRecord& job) { return impl_->EtaOf(job); }
void ForecastBoard::Add(const JobRecord& job) { impl_->Add(job); }
void ForecastBoard::Invalidate() { impl_->Invalidate(); }
double ForecastBoard::SecondsOf(const RequestSettings& settings, double megapixels) {
  return impl_->SecondsOf(settings, megapixels);
}

}  // namespace recover

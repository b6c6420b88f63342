// Forecasts out of the store, cheap enough to be asked for by every poll.
#pragma once

#include <memory>
#include <string_view>

#include "jobs/database.h"
#include "jobs/job.h"
#include "jobs/job_queue.h"

namespace recover {

/// Keeps what a Completed job took. Inside Database::Write. Throws soci::soci_error.
void AddMeasurement(soci::session& sql, const JobRecord& job, const JobSeconds& seconds);

/// When jobs will end. Looks into the store at most once a second, however often it is asked.
/// Thread-safe.
class ForecastBoard {
 public:
  ForecastBoard(std::shared_ptr<Database> database, int workers);
  ~ForecastBoard();

  /// When this job, as just read, is expected to end; of an ended one, when it did. Never
  /// fails: if the store cannot be read, it is what the job alone would take.
  UnixTime EtaOf(const JobRecord& job);

  /// A new job stands in the queue: its place is known without a look into the store.
  void Add(const JobRecord& job);

  /// Something left the queue: look anew at the next question.
  void Invalidate();

  /// Seconds of work alone for an output of `megapixels` by the model of `settings`.
  double SecondsOf(const RequestSettings& settings, double megapixels);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace recover

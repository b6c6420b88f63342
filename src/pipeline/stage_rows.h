// A look at the time that a stage takes.
#pragma once

#include <chrono>
#include <memory>

#include "base/clock.h"
#include "image/row_source.h"

namespace recover {

/// Passes rows on and adds the time that pulling them takes to a sum: that of the
/// stage and of everything before it. A stage's own time is the difference of two.
class TimedRows final : public RowSource {
 public:
  /// clock and sum: borrowed; outlive this. Only the thread that reads touches the sum.
  TimedRows(std::unique_ptr<RowSource> source, const Clock& clock,
            std::chrono::steady_clock::duration& sum)
      : source_(std::move(source)), clock_(clock), sum_(sum) {}

  Size size() const override { return source_->size(); }
  int channels() const override { return source_->channels(); }
  Status Read(MutableImageView rows) override;

 private:
  std::unique_ptr<RowSource> source_;
  const Clock& clock_;
  std::chrono::steady_clock::duration& sum_;
};

}  // namespace recover

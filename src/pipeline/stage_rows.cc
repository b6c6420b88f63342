#include "pipeline/stage_rows.h"

namespace recover {

Status TimedRows::Read(MutableImageView rows) {
  const auto begin = clock_.Now();
  Status status = source_->Read(rows);
  sum_ += clock_.Now() - begin;
  return status;
}

}  // namespace recover

// What is said about a batch: the table for people, the JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "batch.h"

namespace recover::cli {

struct BatchTotals {
  int done = 0;
  int skipped = 0;
  int failed = 0;
  int not_reached = 0;
  int planned = 0;
  double megapixels = 0;  ///< Of what is done, or planned in a dry run.
  double seconds = 0;     ///< Of what is done.
};

BatchTotals TotalsOf(const std::vector<BatchItem>& items);

/// One row for each picture and a line of sums. Long batches show the rows of what
/// failed alone unless `all_rows`.
std::string BatchTable(const std::vector<BatchItem>& items, bool all_rows);

/// "photo.jpg -> photo-recovered.jpg: 4000x3000, 12 MP in 9.1 s (1.32 MP/s)".
std::string DoneLine(const BatchItem& item);

/// Times by stage, workers and memory of one picture: for --verbose.
std::string DetailLines(const BatchItem& item);

/// What a dry run has to say. seconds_per_megapixel: of the network, with the overlap
/// of tiles as work; 0 = not known.
struct DryRunFigures {
  double minutes = 0;
  int64_t disk_bytes = 0;
};
DryRunFigures EstimateBatch(const std::vector<BatchItem>& items, double seconds_per_megapixel);
std::string DryRunTable(const std::vector<BatchItem>& items, const DryRunFigures& figures);

Json BatchJson(const Engine& engine, const std::vector<BatchItem>& items, int exit_code);

/// "384", "12.0", "0.05": about three figures.
std::string MegapixelText(double megapixels);

}  // namespace recover::cli

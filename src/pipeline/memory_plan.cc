#include "pipeline/memory_plan.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include <sys/resource.h>

#include "base/strings.h"

namespace recover {
namespace {

constexpr int64_t kKiB = 1024;

/// The number behind `key` in a file of "key: 123 kB" lines.
std::optional<int64_t> ReadField(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  int64_t value = 0;
  while (file >> word) {
    if (word == key && file >> value) {
      return value;
    }
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

std::optional<int64_t> ReadNumber(const char* path) {
  std::ifstream file(path);
  int64_t value = 0;
  return file >> value ? std::optional<int64_t>(value) : std::nullopt;
}

/// What a control group still allows: version 2, then version 1.
std::optional<int64_t> ContainerBytes() {
  constexpr const char* kFiles[][2] = {
      {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
      {"/sys/fs/cgroup/memory/memory.limit_in_bytes",
       "/sys/fs/cgroup/memory/memory.usage_in_bytes"}};
  for (const auto& files : kFiles) {
    const auto limit = ReadNumber(files[0]);
    const auto used = ReadNumber(files[1]);
    if (limit && used) {
      return std::max<int64_t>(0, *limit - *used);
    }
  }
  return std::nullopt;
}

std::string MebibytesUp(int64_t bytes) {
  constexpr int64_t kMiB = kKiB * kKiB;
  return std::to_string((bytes + kMiB - 1) / kMiB) + "M";
}

}  // namespace

int64_t AvailableMemoryBytes() {
  const auto system = ReadField("/proc/meminfo", "MemAvailable:");
  const int64_t bytes = system ? *system * kKiB : kKiB * kKiB * kKiB;
  const auto container = ContainerBytes();
  return container ? std::min(bytes, *container) : bytes;
}

Result<MemoryPlan> PlanMemory(int64_t budget_bytes, int max_workers,
                              const std::function<int64_t(int workers)>& bytes_with) {
  const int64_t least = bytes_with(1);
  if (least > budget_bytes) {
    return Status(StatusCode::kTooLarge, "This picture needs " + HumanBytes(least) +
                                             " of working memory, and " + HumanBytes(budget_bytes) +
                                             " are allowed: give --memory " + MebibytesUp(least) +
                                             " or more, or a smaller --tile.");
  }
  MemoryPlan plan{1, least};
  while (plan.workers < max_workers) {
    const int64_t more = bytes_with(plan.workers + 1);
    if (more > budget_bytes) {
      break;
    }
    plan = {plan.workers + 1, more};
  }
  return plan;
}

int64_t PeakProcessBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * kKiB;
}

}  // namespace recover

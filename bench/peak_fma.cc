#include "peak_fma.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace recover::bench {
namespace {

// Enough independent sums to cover a latency of 4 to 5 cycles on two units.
constexpr int kSums = 12;
constexpr int64_t kRounds = 200'000;

// A kernel for one width of vectors. The barrier keeps each round's sums alive, so
// that nothing is folded away. GCC's vector types turn a * b + c into one FMA with
// -ffp-contract=fast, set for these functions alone.
#define RECOVER_FMA_KERNEL(name, floats, target_attribute)                                       \
  target_attribute __attribute__((optimize("fp-contract=fast"), noinline)) int64_t name() {      \
    typedef float Vector __attribute__((vector_size((floats) * sizeof(float))));                 \
    Vector sums[kSums] = {};                                                                     \
    Vector factor = {};                                                                          \
    factor += 0.999F;                                                                            \
    Vector addend = {};                                                                          \
    addend += 1e-3F;                                                                             \
    for (int64_t round = 0; round < kRounds; ++round) {                                          \
      _Pragma("GCC unroll 12") for (int i = 0; i < kSums; ++i) {                                 \
        sums[i] = sums[i] * factor + addend;                                                     \
      }                                                                                          \
      asm volatile(""                                                                            \
                   : "+x"(sums[0]), "+x"(sums[1]), "+x"(sums[2]), "+x"(sums[3]), "+x"(sums[4]),  \
                     "+x"(sums[5]));                                                             \
      asm volatile(""                                                                            \
                   : "+x"(sums[6]), "+x"(sums[7]), "+x"(sums[8]), "+x"(sums[9]), "+x"(sums[10]), \
                     "+x"(sums[11]));                                                            \
    }                                                                                            \
    return 2 * kRounds * kSums * (floats);                                                       \
  }

#if defined(__x86_64__)
RECOVER_FMA_KERNEL(FmaSse, 4, )
RECOVER_FMA_KERNEL(FmaAvx2, 8, __attribute__((target("avx2,fma"))))
// "v": with AVX-512 the registers may be any of 32.
RECOVER_FMA_KERNEL(FmaAvx512, 16, __attribute__((target("avx512f"))))

using Kernel = int64_t (*)();

Kernel WidestKernel() {
  if (__builtin_cpu_supports("avx512f")) return FmaAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return FmaAvx2;
  return FmaSse;
}
#else
int64_t FmaPlain() {
  volatile float keep = 0;
  float sums[kSums] = {};
  for (int64_t round = 0; round < kRounds; ++round) {
    for (float& sum : sums) sum = sum * 0.999F + 1e-3F;
  }
  for (const float sum : sums) keep = keep + sum;
  return 2 * kRounds * kSums;
}
using Kernel = int64_t (*)();
Kernel WidestKernel() { return FmaPlain; }
#endif

}  // namespace

double MeasurePeakFlops(int threads, double seconds) {
  const Kernel kernel = WidestKernel();
  std::atomic<int64_t> flop{0};
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [begin] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      int64_t done = 0;
      while (elapsed() < seconds) done += kernel();
      flop += done;
    });
  }
  for (std::thread& worker : workers) worker.join();
  return static_cast<double>(flop) / elapsed();
}

}  // namespace recover::bench

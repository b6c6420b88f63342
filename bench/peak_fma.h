// The most multiply-adds that this processor does, measured.
#pragma once

namespace recover::bench {

/// Single-precision FLOP per second of independent fused multiply-adds in the widest
/// vectors that the processor has, on `threads` threads at once, over `seconds`.
/// FLOP = 2 x multiply-add.
double MeasurePeakFlops(int threads, double seconds);

}  // namespace recover::bench

// Small colour conversions on sRGB-encoded float samples.
#pragma once

#include "image/image.h"

namespace recover {

/// Luma of sRGB-encoded R, G, B: weights of Rec. ITU-R BT.709 (sRGB's primaries),
/// which sum to 1, so that grey in is the same grey out.
inline float Luma(float r, float g, float b) { return 0.2126F * r + 0.7152F * g + 0.0722F * b; }

/// sRGB-encoded to linear light and back (IEC 61966-2-1); odd about 0, so that
/// values outside [0, 1] survive the round trip.
float SrgbToLinear(float encoded);
float LinearToSrgb(float linear);

/// True for the channel counts that end in alpha: 2 and 4.
inline bool HasAlpha(int channels) { return channels == 2 || channels == 4; }

/// Channels without the alpha: 1 or 3.
inline int ColourChannels(int channels) { return HasAlpha(channels) ? channels - 1 : channels; }

}  // namespace recover

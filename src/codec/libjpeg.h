// libjpeg's headers, which need size_t and FILE declared before them.
#pragma once

// clang-format off
#include <cstddef>
#include <cstdio>

#include <jpeglib.h>
#include <jerror.h>
// clang-format on

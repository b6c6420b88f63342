// What the tests of workers share: tiny networks under the names that are served, and pictures
// that keep one busy.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "image/image.h"
#include "jobs/test_store.h"
#include "jobs/worker.h"

namespace recover {

/// Puts the tiny U-Net into `folder` under the name of each served network.
void PutServedNetworks(const std::filesystem::path& folder);

/// An RGB PNG of waves, so that its decoding and restoring take their time.
std::string WavesPng(Size size);

/// Waits until `is_so()`; fails the test after a minute.
void Await(const std::function<bool()>& is_so, const char* what);

/// Small tiles, so that a stop has many of them to end at.
WorkerOptions TestWorkerOptions(const TestStore& store, const std::filesystem::path& models);

/// No file of a blob's writing, no blob but the inputs of `store`.
void ExpectOnlyInputs(const TestStore& store);

}  // namespace recover

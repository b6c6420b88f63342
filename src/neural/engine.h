// ONNX Runtime as this folder sees it: headers, the one environment, errors. Included by
// neural/*.cc alone.
#pragma once

// Without this a library older than the headers would end the program while its
// static objects are made; so it is asked first and answered with a Status.
#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#undef ORT_API_MANUAL_INIT

#include "base/result.h"

namespace recover::internal {

/// OK when the ONNX Runtime library speaks the version of our headers; must come
/// before any other use of Ort::. Errors: kUnavailable. Thread-safe.
Status InitEngine();

/// The process's one environment, made at the first call after InitEngine(). Kept to the end of the
/// process: providers leave threads behind that would outlive its destruction.
/// Throws Ort::Exception.
Ort::Env& EngineEnv();

/// True when the library holds a provider of this name ("WebGpuExecutionProvider").
bool EngineHasProvider(std::string_view name);

}  // namespace recover::internal

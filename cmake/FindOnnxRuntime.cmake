# Finds ONNX Runtime: first what scripts/ put under third_party/onnxruntime, then
# the system's own package. Gives the target onnxruntime::onnxruntime and
# OnnxRuntime_VERSION (of the library, where it can be told; else of the headers).

set(_bundled "${PROJECT_SOURCE_DIR}/third_party/onnxruntime")

find_path(OnnxRuntime_INCLUDE_DIR onnxruntime_cxx_api.h
  HINTS "${_bundled}/include"
  PATH_SUFFIXES onnxruntime onnxruntime/core/session)
find_library(OnnxRuntime_LIBRARY
  NAMES onnxruntime libonnxruntime.so.1
  HINTS "${_bundled}/lib")
mark_as_advanced(OnnxRuntime_INCLUDE_DIR OnnxRuntime_LIBRARY)

if(OnnxRuntime_LIBRARY)
  # The file's own name carries the version in a system package; the bundled copy has a VERSION file.
  get_filename_component(_real "${OnnxRuntime_LIBRARY}" REALPATH)
  if(_real MATCHES "\\.so\\.([0-9]+\\.[0-9]+(\\.[0-9]+)?)$")
    set(OnnxRuntime_VERSION "${CMAKE_MATCH_1}")
  elseif(_real MATCHES "^${_bundled}/" AND EXISTS "${_bundled}/VERSION")
    file(STRINGS "${_bundled}/VERSION" OnnxRuntime_VERSION LIMIT_COUNT 1)
  endif()
endif()
if(NOT OnnxRuntime_VERSION AND OnnxRuntime_INCLUDE_DIR)
  file(STRINGS "${OnnxRuntime_INCLUDE_DIR}/onnxruntime_c_api.h" _api REGEX "#define ORT_API_VERSION [0-9]+")
  if(_api MATCHES "ORT_API_VERSION ([0-9]+)")
    set(OnnxRuntime_VERSION "1.${CMAKE_MATCH_1}")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OnnxRuntime
  REQUIRED_VARS OnnxRuntime_LIBRARY OnnxRuntime_INCLUDE_DIR
  VERSION_VAR OnnxRuntime_VERSION
  REASON_FAILURE_MESSAGE "run scripts/install-dependencies, or install your system's ONNX Runtime >= 1.21")

if(OnnxRuntime_FOUND AND NOT TARGET onnxruntime::onnxruntime)
  add_library(onnxruntime::onnxruntime SHARED IMPORTED)
  set_target_properties(onnxruntime::onnxruntime PROPERTIES
    IMPORTED_LOCATION "${OnnxRuntime_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${OnnxRuntime_INCLUDE_DIR}")
endif()

# The library recover::recover and what `cmake --install` gives.
#
# One shared library out of the static rooms: whoever links it needs its headers
# and nothing of libvips, ONNX Runtime or the others.

include(CMakePackageConfigHelpers)

# A shared library must have a source of its own; all code is in the rooms.
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/recover_library.cc" CONTENT "// Made of src/pipeline and the rooms beneath it.\n")
add_library(recover SHARED "${PROJECT_BINARY_DIR}/recover_library.cc")
add_library(recover::recover ALIAS recover)
target_link_libraries(recover PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,recover_pipeline>")
target_link_options(recover PRIVATE "LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/recover.map")
target_include_directories(recover INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
  "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_compile_features(recover INTERFACE cxx_std_20)
set_target_properties(recover PROPERTIES
  VERSION "${PROJECT_VERSION}"
  SOVERSION "${PROJECT_VERSION_MAJOR}"
  LINK_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/recover.map"
  INSTALL_RPATH "$ORIGIN/recover")
set_target_properties(recover_cli PROPERTIES
  INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}/recover")

install(TARGETS recover EXPORT recoverTargets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS recover_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY include/recover DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(DIRECTORY models/ DESTINATION "${CMAKE_INSTALL_DATADIR}/recover/models"
  FILES_MATCHING PATTERN "*.onnx" PATTERN "*.json" PATTERN "*.md")
install(FILES LICENSE NOTICE DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# Our copy of ONNX Runtime travels along, unless the system's is used. In a
# folder of its own: other programs' versions of it are none of our business.
get_target_property(_onnxruntime onnxruntime::onnxruntime IMPORTED_LOCATION)
file(REAL_PATH "${_onnxruntime}" _onnxruntime)
cmake_path(IS_PREFIX PROJECT_SOURCE_DIR "${_onnxruntime}" _bundled)
if(_bundled)
  install(PROGRAMS "${_onnxruntime}" DESTINATION "${CMAKE_INSTALL_LIBDIR}/recover")
  install(FILES third_party/onnxruntime/LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" RENAME LICENSE.onnxruntime)
endif()

set(_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/recover")
configure_package_config_file(cmake/recoverConfig.cmake.in "${PROJECT_BINARY_DIR}/recoverConfig.cmake"
  INSTALL_DESTINATION "${_config_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/recoverConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(EXPORT recoverTargets NAMESPACE recover:: DESTINATION "${_config_dir}")
install(FILES "${PROJECT_BINARY_DIR}/recoverConfig.cmake" "${PROJECT_BINARY_DIR}/recoverConfigVersion.cmake"
  DESTINATION "${_config_dir}")

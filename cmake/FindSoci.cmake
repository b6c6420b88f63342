# Soci::sqlite3: SOCI with its SQLite backend, whose Debian package has no CMake files.
find_path(Soci_INCLUDE_DIR soci/soci.h)
find_library(Soci_CORE_LIBRARY soci_core)
find_library(Soci_SQLITE3_LIBRARY soci_sqlite3)

if(Soci_INCLUDE_DIR)
  file(STRINGS "${Soci_INCLUDE_DIR}/soci/version.h" line REGEX "define SOCI_LIB_VERSION \"")
  string(REGEX REPLACE ".*\"([0-9]+)_([0-9]+)(_[0-9]+)?\".*" "\\1.\\2" Soci_VERSION "${line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Soci
  REQUIRED_VARS Soci_CORE_LIBRARY Soci_SQLITE3_LIBRARY Soci_INCLUDE_DIR
  VERSION_VAR Soci_VERSION)

if(Soci_FOUND AND NOT TARGET Soci::sqlite3)
  # A SOCI built with Boost makes every user include Boost's headers, for conversions that nobody
  # here calls. This copy of its settings, found first, says there is none.
  file(READ "${Soci_INCLUDE_DIR}/soci/soci-config.h" text)
  string(REGEX REPLACE "#define SOCI_HAVE_BOOST[A-Z_]*" "" text "${text}")
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/generated/soci-config/soci/soci-config.h"
    CONTENT "${text}" @ONLY)

  add_library(Soci::sqlite3 INTERFACE IMPORTED)
  target_include_directories(Soci::sqlite3 SYSTEM INTERFACE
    "${CMAKE_BINARY_DIR}/generated/soci-config" "${Soci_INCLUDE_DIR}")
  target_link_libraries(Soci::sqlite3 INTERFACE
    "${Soci_SQLITE3_LIBRARY}" "${Soci_CORE_LIBRARY}" PkgConfig::sqlite3)
endif()

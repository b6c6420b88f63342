# Every outside library of the build. Versions, reasons and licences stand in
# cmake/dependencies.txt, which scripts/ installs from and a test compares with this file.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium>=1.0.18)

pkg_check_modules(vips REQUIRED IMPORTED_TARGET vips>=8.14)
pkg_check_modules(lcms2 REQUIRED IMPORTED_TARGET lcms2>=2.14)
# What libvips itself decodes by; Brotli comes with its libjxl.
pkg_check_modules(jpeg REQUIRED IMPORTED_TARGET libjpeg>=2.1)
pkg_check_modules(png REQUIRED IMPORTED_TARGET libpng>=1.6)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib>=1.2)
pkg_check_modules(brotlidec REQUIRED IMPORTED_TARGET libbrotlidec>=1.0)
pkg_check_modules(tiff REQUIRED IMPORTED_TARGET libtiff-4>=4.5)

find_package(OnnxRuntime 1.21 REQUIRED)

find_package(CLI11 2.1 REQUIRED)

# The server: src/net, src/jobs, src/http. SOCI's package brings no CMake or pkg-config files.
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl>=7.88)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.40)
find_package(Soci 4.0 REQUIRED)
pkg_check_modules(microhttpd REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core>=1.0)

if(BUILD_TESTING OR RECOVER_BUILD_BENCH)
  find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
endif()
if(BUILD_TESTING)
  find_package(GTest 1.12 REQUIRED)
  include(GoogleTest)
endif()

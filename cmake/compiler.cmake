# Language level, warnings and sanitizers, put on our targets by recover_compile_options().

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)  # the rooms also go into the shared library

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or RelWithDebInfo" FORCE)
endif()

option(RECOVER_WERROR "Treat our own warnings as errors" ON)
set(RECOVER_SANITIZE "" CACHE STRING "Sanitizers for our code, e.g. address,undefined or thread")

if(RECOVER_SANITIZE)
  # Global: objects with and without a sanitizer must not be mixed in one program.
  add_compile_options(-fsanitize=${RECOVER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RECOVER_SANITIZE})
endif()

# Warnings, and no fused multiply-add behind our back: the same source gives the
# same bytes whatever the compiler thinks is faster.
function(recover_compile_options target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
    -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -Wvla
    # Designated initializers name what differs from the defaults; that is their use.
    -Wno-missing-field-initializers
    -ffp-contract=off
    # A failed check names "src/...", not the folder where it was built.
    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=
    # False alarms on std::string operator+ from g++ 12 to 13 (GCC bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<BOOL:${RECOVER_WERROR}>:-Werror>)
  if(RECOVER_SANITIZE)
    # g++ sees ghosts through the sanitizers' own code (GCC manual, -fsanitize=address).
    target_compile_options(${target} PRIVATE
      $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  endif()
  target_compile_definitions(${target} PRIVATE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
endfunction()

# recover_room(NAME SOURCES a.cc... [TESTS a_test.cc...] [LINKS rooms...] [PRIVATE_LINKS libs...])
#
# One folder of src/ as the static library recover_NAME, with src/ as its include
# root. LINKS are the rooms beneath it, PRIVATE_LINKS the third-party libraries
# that live only here. TESTS become one GoogleTest program, recover_NAME_test,
# whose tests ctest sees one by one under "NAME.".
function(recover_room name)
  cmake_parse_arguments(PARSE_ARGV 1 ROOM "" "" "SOURCES;TESTS;LINKS;PRIVATE_LINKS")
  if(ROOM_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "recover_room(${name}): unknown arguments ${ROOM_UNPARSED_ARGUMENTS}")
  endif()

  set(target recover_${name})
  add_library(${target} STATIC ${ROOM_SOURCES})
  target_include_directories(${target} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>"
    "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>")
  target_link_libraries(${target} PUBLIC ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
  recover_compile_options(${target})

  if(BUILD_TESTING AND ROOM_TESTS)
    add_executable(${target}_test ${ROOM_TESTS})
    # The tests of a room may use its third-party libraries too, to make inputs.
    target_link_libraries(${target}_test PRIVATE ${target} ${ROOM_PRIVATE_LINKS} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${target}_test PRIVATE RECOVER_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    recover_compile_options(${target}_test)
    gtest_discover_tests(${target}_test
      TEST_PREFIX "${name}."
      DISCOVERY_MODE PRE_TEST
      DISCOVERY_TIMEOUT 120
      PROPERTIES TIMEOUT 600)
  endif()
endfunction()

configure_file("${PROJECT_SOURCE_DIR}/cmake/version.h.in" "${PROJECT_BINARY_DIR}/generated/base/version.h" @ONLY)

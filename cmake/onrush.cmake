# Compiler settings, third-party packages, and the two functions that every folder uses.
# One library a folder: what a folder may include is what it links, so the layers are link-time facts.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(ONRUSH_CCACHE ccache)
if(ONRUSH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ONRUSH_CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                    -Wimplicit-fallthrough -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of g++ 12 at -O2 and -O3, in std::string and in vectors of variants.
  add_compile_options(-Wno-restrict -Wno-stringop-overread -Wno-stringop-overflow)
endif()
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

set(ONRUSH_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined or thread")
if(ONRUSH_SANITIZE)
  # -O1: the tests replay long histories, which -O0 under a sanitizer makes ten times as slow.
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  add_compile_options(-fsanitize=${ONRUSH_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ONRUSH_SANITIZE})
  if(ONRUSH_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)
  endif()
endif()

# Unity builds (CMakePresets.json turns them on) compile a folder in a few big pieces: a third of the time from nothing.
# A class whose private part uses an anonymous namespace is fine here: every piece is compiled once.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 10)
if(CMAKE_UNITY_BUILD)
  add_compile_options(-Wno-subobject-linkage)
endif()

# Asio and Beast are compiled once, in edge/http/asio_impl.cc.
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
                        BOOST_ASIO_NO_DEPRECATED)
# Boost.JSON and Boost.URL are linked, not header-only.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url system container)
find_package(OpenSSL 3 REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED)
if(ONRUSH_TESTS)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()
find_package(tomlplusplus REQUIRED)
find_package(CLI11 QUIET)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
find_library(ONRUSH_SOCI_CORE soci_core REQUIRED)
find_library(ONRUSH_SOCI_SQLITE3 soci_sqlite3 REQUIRED)

# onrush_library(NAME DEPS folders... LIBS third-party...)
# A static library of every .cc in the current folder, target `onrush_NAME`.
function(onrush_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  set(scope PUBLIC)
  if(sources)
    add_library(onrush_${name} STATIC ${sources})
  else()
    add_library(onrush_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(onrush_${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  list(TRANSFORM ARG_DEPS PREPEND onrush_)
  target_link_libraries(onrush_${name} ${scope} ${ARG_DEPS} ${ARG_LIBS})
endfunction()

# onrush_test(NAME DEPS folders... LIBS third-party...)
# One GoogleTest program of every *_test.cc in the current folder, in build/PRESET/tests/NAME.
function(onrush_test name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
  list(TRANSFORM ARG_DEPS PREPEND onrush_)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ${ARG_LIBS} GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

# clang-19 when it is there and nothing else was asked for.
if(NOT CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  find_program(POSTHOUSE_CLANGXX clang++-19)
  find_program(POSTHOUSE_CLANG clang-19)
  if(POSTHOUSE_CLANGXX AND POSTHOUSE_CLANG)
    set(CMAKE_CXX_COMPILER ${POSTHOUSE_CLANGXX})
    set(CMAKE_C_COMPILER ${POSTHOUSE_CLANG})
  endif()
endif()

function(posthouse_check_compiler)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    message(FATAL_ERROR
      "g++ ${CMAKE_CXX_COMPILER_VERSION} cannot build Posthouse: g++ 13 and older miscompile C++20 "
      "coroutines (temporaries beside co_await are destroyed twice, a final suspend is lost), so "
      "the program would build and then corrupt memory. Use clang-19 (Debian package clang-19: "
      "cmake -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_C_COMPILER=clang-19) or g++ 14 or later. "
      "docs/decisions/0001-compiler.md has the ten-line proof.")
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
    message(FATAL_ERROR
      "clang ${CMAKE_CXX_COMPILER_VERSION} cannot build Posthouse: before clang 19, "
      "libstdc++'s <expected> is not usable. Install Debian's clang-19.")
  endif()
endfunction()

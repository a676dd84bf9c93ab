# Flags of the three builds: release (none), ASan+UBSan (address), TSan (thread).
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(POSTHOUSE_CCACHE ccache)
if(POSTHOUSE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${POSTHOUSE_CCACHE})
endif()
find_program(POSTHOUSE_MOLD mold)
if(POSTHOUSE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Werror -Werror=switch -fno-omit-frame-pointer -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # A pre-compiled header's time stamp must not make ccache miss.
  add_compile_options(-Xclang -fno-pch-timestamp -Wno-missing-designated-field-initializers)
endif()
add_compile_definitions(_GLIBCXX_ASSERTIONS)

if(POSTHOUSE_SANITIZE STREQUAL "none")
  add_compile_options(-O2 -g1 -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  add_link_options(-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
elseif(POSTHOUSE_SANITIZE STREQUAL "address")
  add_compile_options(-O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
elseif(POSTHOUSE_SANITIZE STREQUAL "thread")
  add_compile_options(-O1 -g1 -fsanitize=thread)
  add_link_options(-fsanitize=thread)
else()
  message(FATAL_ERROR "POSTHOUSE_SANITIZE is none, address or thread")
endif()

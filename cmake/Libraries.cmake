# Debian's libraries, each as one imported target. The packages are listed in packaging/packages.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(fmt REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS json url)
foreach(pair sqlite:sqlite3 pq:libpq sodium:libsodium idn2:libidn2 psl:libpsl
             zlib:zlib)
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 name)
  list(GET pair 1 module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
  add_library(lib_${name} INTERFACE)
  target_link_libraries(lib_${name} INTERFACE PkgConfig::${name})
endforeach()
# libunbound's .pc file wants libevent's, which only its event API needs: found by hand.
find_library(POSTHOUSE_UNBOUND unbound REQUIRED)
add_library(lib_unbound INTERFACE)
target_link_libraries(lib_unbound INTERFACE ${POSTHOUSE_UNBOUND})

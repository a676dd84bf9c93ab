# The console of web/, built by tools/web where something in it is newer, carried in ph_console.
set(console_dist ${CMAKE_SOURCE_DIR}/web/dist)
add_custom_target(console_web
  COMMAND ${CMAKE_SOURCE_DIR}/tools/web
  BYPRODUCTS ${console_dist}/packed/console.bytes ${console_dist}/packed/console.inc
  COMMENT "the console of web/"
  USES_TERMINAL)
set(embedded ${CMAKE_SOURCE_DIR}/src/console/embedded_assets.cpp)
set_source_files_properties(${embedded} PROPERTIES
  COMPILE_DEFINITIONS "POSTHOUSE_CONSOLE_BYTES=\"${console_dist}/packed/console.bytes\";POSTHOUSE_CONSOLE_TABLE=\"${console_dist}/packed/console.inc\""
  OBJECT_DEPENDS "${console_dist}/packed/console.bytes;${console_dist}/packed/console.inc"
  SKIP_PRECOMPILE_HEADERS ON)
add_dependencies(ph_console console_web)

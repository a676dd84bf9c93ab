// The bytes come from the file of web/scripts/pack.mjs as they are; its table says what lies where.
#include "console/console.h"

// clang-format off
asm(".section .rodata.posthouse_console,\"a\",@progbits\n"
    ".balign 16\n"
    ".globl posthouse_console_bytes\n"
    ".hidden posthouse_console_bytes\n"
    "posthouse_console_bytes:\n"
    ".incbin \"" POSTHOUSE_CONSOLE_BYTES "\"\n"
    ".previous\n");
// clang-format on

extern "C" const char posthouse_console_bytes[];  // NOLINT: an assembler's label

namespace ph::console {
namespace {

std::string_view bytes(size_t begin, size_t size) {
  return {posthouse_console_bytes + begin, size};
}

}  // namespace

std::span<const Asset> embedded_assets() {
  static const Asset assets[] = {
#include POSTHOUSE_CONSOLE_TABLE
  };
  return assets;
}

}  // namespace ph::console

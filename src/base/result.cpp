#include "base/result.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace ph {

const char* errc_name(Errc code) {
  switch (code) {
    case Errc::invalid: return "invalid";
    case Errc::not_found: return "not_found";
    case Errc::conflict: return "conflict";
    case Errc::denied: return "denied";
    case Errc::limit: return "limit";
    case Errc::temporary: return "temporary";
    case Errc::timeout: return "timeout";
    case Errc::closed: return "closed";
    case Errc::io: return "io";
    case Errc::corrupt: return "corrupt";
    case Errc::unsupported: return "unsupported";
    case Errc::internal: return "internal";
  }
  return "internal";
}

std::unexpected<Error> fail_errno(std::string_view what, int error_number) {
  bool full = error_number == ENOSPC || error_number == EDQUOT;
  return fail(full ? Errc::limit : Errc::io, fmt::format("{}: {}", what,
                                    std::generic_category().message(error_number)));
}

}  // namespace ph

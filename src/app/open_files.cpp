#include "app/open_files.h"

#include <sys/resource.h>

#include "base/limits.h"

namespace ph::app {

OpenFiles open_files() {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) return {};
  return {.soft = now.rlim_cur, .hard = now.rlim_max};
}

uint64_t raise_open_files() {
  OpenFiles now = open_files();
  rlimit wanted{.rlim_cur = now.hard, .rlim_max = now.hard};
  return ::setrlimit(RLIMIT_NOFILE, &wanted) == 0 ? now.hard : now.soft;
}

uint64_t open_files_wanted(const Config& config) {
  size_t http = config.http_listen.size() + config.https_listen.size() +
                config.tencent_listen.size();
  size_t smtp = config.submission_listen.size() + config.submission_tls_listen.size() +
                config.relay_listen.size() + config.inbound_listen.size();
  return static_cast<uint64_t>(config.delivery_sessions) + http * limits::kHttpConnections +
         smtp * limits::kSmtpSessions + limits::kOtherFiles;
}

}  // namespace ph::app

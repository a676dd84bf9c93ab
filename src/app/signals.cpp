#include "app/signals.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace ph::app {
namespace {

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);   // nothing to do: certificates are read again by themselves
  sigaddset(&set, SIGUSR2);  // end(): wakes wait()
  return set;
}

}  // namespace

Result<Signals> Signals::block() {
  sigset_t set = ending_signals();
  if (int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0)
    return fail_errno("block signals", error);
  return Signals();
}

Ending Signals::wait() {
  sigset_t set = ending_signals();
  while (true) {
    int signal = 0;
    if (::sigwait(&set, &signal) != 0) continue;
    if (failed_.load()) return Ending::store_failed;
    if (signal == SIGTERM || signal == SIGINT) return Ending::signal;
  }
}

void Signals::end(Ending why) {
  failed_.store(why == Ending::store_failed);
  ::kill(::getpid(), SIGUSR2);
}

void Signals::exit_on_next(Ending why) {
  // A handler may call little: this ends with the status that run() would have ended with.
  auto end = why == Ending::store_failed ? [](int) { ::_exit(1); } : SIG_DFL;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  ::signal(SIGTERM, end);
  ::signal(SIGINT, end);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace ph::app

// posthouse: one binary, a verb a job (cli/command.h).
#include <csignal>

#include "cli/command.h"

int main(int argc, char** argv) {
  // A peer or a pipe that goes away is an error of a write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  return ph::cli::run_command_line(argc, argv);
}

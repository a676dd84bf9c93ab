// Purpose: one connection to a simulated receiver, with the octets under way in it.
// Shapes: our side is a net::Stream; the receiver's is a machine that is fed what arrives. A reply
//   counts as told once our side has read its last octet.
// Threads: one.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "net/wait_list.h"
#include "simulation/network.h"

namespace ph::simulation {

// The receiver's side of a conversation.
struct Talk {
  std::string unread;
  bool sender = false;  // MAIL was taken
  std::string recipient;
  std::string content;
  bool in_content = false;
  bool silent = false;  // says nothing more
};

class Line : public std::enable_shared_from_this<Line> {
 public:
  Line(Network& network, Endpoint to);
  void greet();

  // our side
  net::Task<Result<std::string>> read(size_t most, Deadline deadline);
  Result<> write(std::string bytes);
  void hang_up();
  Endpoint peer() const { return to_; }

  void process_ended();

 private:
  // Whose content a reply says to be taken, and which copy.
  struct Told {
    std::string address;
    unsigned copy = 0;
  };
  struct Mark {
    uint64_t at;  // octets of the inbox, counted from the beginning
    Told told;
  };
  Duration latency();
  void arrive(std::string bytes);
  void listen(std::string_view bytes);
  void hear(const std::string& command);
  void hear_content(const std::string& line);
  void hear_envelope(const std::string& command);
  void end_of_content();
  void misbehave(const char* after);
  void reply(std::string text, Duration wait, Told told = {{}, 0});
  void close_soon();

  Network& network_;
  Endpoint to_;
  Duration one_way_{};
  unsigned generation_;  // of the process that has opened it
  uint64_t cut_at_ = UINT64_MAX;  // octets from us after which the line is cut
  uint64_t sent_ = 0;
  bool pipelining_ = true;
  Talk talk_;

  std::deque<std::string> under_way_;  // to the receiver
  MonoTime last_arrival_{};
  MonoTime last_reply_{};
  std::string inbox_;
  uint64_t received_ = 0;  // octets that ever came into the inbox
  uint64_t taken_ = 0;     // of those, read by us
  std::deque<Mark> marks_;
  bool ended_ = false;  // the receiver has closed
  bool gone_ = false;   // we have, or the line is cut
  net::WaitList readers_;
};

}  // namespace ph::simulation

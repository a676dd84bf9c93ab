// Purpose: DNS messages to octets and back. Used by the stub client and by the built-in server.
// Shapes: Message with at most 65,535 octets. Names of questions keep their case (the 0x20 check
//   needs it), names of records come out in lower case. The OPT record is `edns`, never a Record.
// Threads: any.
// Errors: Errc::invalid: what a packet breaks; nothing of a broken packet is given out.
// Spec: RFC 1035 §4.1, RFC 3596, RFC 6891 §6.1, RFC 6698 §2.1, RFC 2181 §8 (TTL).
// Not here: sockets (stub.h, listener.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "dns/answer.h"

namespace ph::dns {

// RFC 1035 §4.1.1; RFC 6891 §9 for badvers.
enum class Rcode : uint16_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  name_error = 3,
  not_implemented = 4,
  refused = 5,
  bad_version = 16,
};

struct Edns {
  uint16_t payload = limits::kDnsUdpPayload;
  uint8_t version = 0;
  bool dnssec_ok = false;
  bool operator==(const Edns&) const = default;
};

struct Message {
  uint16_t id = 0;
  bool response = false;
  uint8_t opcode = 0;  // 0 is QUERY
  bool authoritative = false;
  bool truncated = false;
  bool recursion_desired = false;
  bool recursion_available = false;
  bool authentic_data = false;
  bool checking_disabled = false;
  Rcode rcode = Rcode::no_error;
  std::vector<Question> questions;
  std::vector<Record> answers;
  std::vector<Record> authority;
  std::vector<Record> additional;
  std::optional<Edns> edns;
  bool operator==(const Message&) const = default;
};

// Octets of a message. One that is longer than `most` keeps only its questions and EDNS, and says
// TC (RFC 2181 §9).
Result<std::string> encode(const Message& message, size_t most = limits::kDnsMessage);

Result<Message> decode(std::string_view packet);

// What a response means for its question: follows CNAMEs inside the packet. `unfollowed` is set
// to a CNAME's target when the packet does not say what is there.
Answer interpret(const Message& response, const Question& question, std::string* unfollowed);

}  // namespace ph::dns

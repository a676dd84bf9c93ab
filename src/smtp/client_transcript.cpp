#include "base/limits.h"
#include "smtp/client_engine.h"

namespace ph::smtp::client {

void Transcript::add(std::string_view who, std::string_view text) {
  if (full_) return;
  size_t needed = who.size() + text.size() + 3;
  full_ = text_.size() + needed + 4 > limits::kTranscriptBytes;
  if (full_) {
    text_ += "…\n";
    return;
  }
  text_.append(who).append(": ").append(text).append("\n");
}

std::string Transcript::take() {
  full_ = false;
  return std::exchange(text_, {});
}

}  // namespace ph::smtp::client

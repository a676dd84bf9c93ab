#include "net/tls_session_memory.h"

#include <fmt/format.h>

namespace ph::net {

std::string TlsSessionMemory::key_of(const TlsClientOptions& options) {
  // Lengths first, so that no part can pose as another.
  return fmt::format("{} {} {} {}{}{}", options.verify == TlsVerify::require ? "require" : "none",
                     options.server_name.size(), options.peer.size(), options.server_name,
                     options.peer, options.roots);
}

std::optional<TlsSessionMemory::Kept> TlsSessionMemory::find(const std::string& key) {
  auto place = places_.find(key);
  if (place == places_.end()) return std::nullopt;
  if (place->second->kept.until <= clock_.mono()) {
    forget(key);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, place->second);
  return place->second->kept;
}

void TlsSessionMemory::keep(const std::string& key, Kept kept) {
  forget(key);
  if (kept.bytes.size() > limits::kTlsSessionBytes || kept.until <= clock_.mono()) return;
  if (places_.size() >= most_) {
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({key, std::move(kept)});
  places_[key] = entries_.begin();
}

void TlsSessionMemory::forget(const std::string& key) {
  auto place = places_.find(key);
  if (place == places_.end()) return;
  auto entry = place->second;
  places_.erase(place);
  entries_.erase(entry);
}

}  // namespace ph::net

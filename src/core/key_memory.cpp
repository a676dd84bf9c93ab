#include "core/key_memory.h"

#include "base/limits.h"

namespace ph::core {

KeyMemory::Known KeyMemory::find(const std::string& hash, Now now) {
  std::lock_guard lock(mutex_);
  auto found = kept_.find(hash);
  if (found == kept_.end()) return nullptr;
  const Now& read_at = found->second.read_at;
  bool old = read_at.at + limits::kFactsKept <= now.at;
  if (!old && read_at.version == now.version) return found->second.key;
  kept_.erase(found);
  return nullptr;
}

void KeyMemory::keep(const std::string& hash, Known key, Now read_at) {
  std::lock_guard lock(mutex_);
  if (kept_.size() >= limits::kFactsMemory) kept_.clear();
  kept_[hash] = {std::move(key), read_at};
}

void KeyMemory::note_use(const std::string& hash, WallTime at) {
  std::lock_guard lock(mutex_);
  auto found = kept_.find(hash);
  if (found == kept_.end()) return;
  auto key = std::make_shared<KnownKey>(*found->second.key);
  key->row.last_used_at = at;
  found->second.key = std::move(key);
}

}  // namespace ph::core

// Purpose: bearer keys that were looked up a moment ago, so that a program's next request needs no
//   read.
// Shapes: by the SHA-256 of the token; only keys that are good. One is believed for kFactsKept
//   (another node may revoke it), and never past a transaction of this process that may have
//   changed it: `version` is SenderFacts::version(), taken before the read.
// Threads: any.
// Not here: what a key may do (access.h).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/access.h"
#include "store/api_key.h"

namespace ph::core {

struct KnownKey {
  store::ApiKeyRow row;
  Actor actor;  // who it speaks for
};

class KeyMemory {
 public:
  using Known = std::shared_ptr<const KnownKey>;
  struct Now {
    MonoTime at;
    uint64_t version = 0;
  };

  Known find(const std::string& hash, Now now);
  void keep(const std::string& hash, Known key, Now read_at);
  // Its use is being written down: who comes meanwhile need not do it again.
  void note_use(const std::string& hash, WallTime at);

 private:
  struct Kept {
    Known key;
    Now read_at;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Kept> kept_;  // under mutex_
};

}  // namespace ph::core

#include "base/thread_name.h"

#include <pthread.h>

#include <string>

namespace ph {

namespace {
constexpr size_t kNameMost = 15;  // pthread_setname_np(3), without its NUL
}

void name_this_thread(std::string_view name) {
  std::string kept(name.substr(0, kNameMost));
  ::pthread_setname_np(::pthread_self(), kept.c_str());
}

void name_this_thread(std::string_view name, size_t number) {
  name_this_thread(std::string(name) + "-" + std::to_string(number));
}

}  // namespace ph

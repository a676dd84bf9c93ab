#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <string_view>
#include <vector>

namespace ph::metrics {
namespace {

struct Registry {
  std::mutex mutex;
  std::vector<const Value*> values;
};

Registry& registry() {
  static Registry r;
  return r;
}

}  // namespace

Value::Value(Kind kind, const char* name, const char* help, const char* labels)
    : kind_(kind), name_(name), help_(help), labels_(labels) {
  std::lock_guard lock(registry().mutex);
  registry().values.push_back(this);
}

std::string exposition() {
  std::lock_guard lock(registry().mutex);
  auto values = registry().values;
  std::ranges::sort(values, {}, [](const Value* v) {
    return std::pair(std::string_view(v->name_), std::string_view(v->labels_));
  });
  std::string out;
  std::string_view last;
  for (const Value* v : values) {
    if (last != v->name_) {
      last = v->name_;
      out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", v->name_, v->help_,
                         v->kind_ == Kind::counter ? "counter" : "gauge");
    }
    out += *v->labels_ != '\0' ? fmt::format("{}{{{}}} {}\n", v->name_, v->labels_, v->get())
                               : fmt::format("{} {}\n", v->name_, v->get());
  }
  return out;
}

}  // namespace ph::metrics

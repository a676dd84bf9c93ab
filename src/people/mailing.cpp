#include "people/mailing.h"

#include "net/loop.h"

namespace ph::people {
namespace {

net::Task<> send_quietly(Notices& notices, Notice notice) {
  bool sent = co_await notices.send(std::move(notice));
  static_cast<void>(sent);  // the operator has the link too
}

}  // namespace

void mail_aside(Notices& notices, Notice notice) {
  net::Loop* loop = net::Loop::current();
  if (loop != nullptr) loop->spawn(send_quietly(notices, std::move(notice)));
}

templates::Values notice_values(
    std::initializer_list<std::pair<std::string_view, std::string>> values) {
  templates::Values out;
  for (const auto& [name, value] : values) out.add(std::string(name), value);
  return out;
}

std::string hours_text(Duration kept) {
  return std::to_string(std::chrono::duration_cast<std::chrono::hours>(kept).count());
}

std::string days_text(Duration kept) {
  return std::to_string(std::chrono::duration_cast<std::chrono::days>(kept).count());
}

}  // namespace ph::people

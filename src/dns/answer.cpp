#include "dns/answer.h"

#include <algorithm>

namespace ph::dns {
namespace {

template <class T>
std::vector<T> collect(const std::vector<Record>& records) {
  std::vector<T> out;
  for (const Record& record : records)
    if (auto* data = std::get_if<T>(&record.data)) out.push_back(*data);
  return out;
}

}  // namespace

const char* status_name(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::nodata: return "nodata";
    case Status::nxdomain: return "nxdomain";
    case Status::servfail: return "servfail";
    case Status::timeout: return "timeout";
    case Status::bogus: return "bogus";
  }
  return "servfail";
}

std::vector<std::string> Answer::texts() const {
  std::vector<std::string> out;
  for (const Txt& txt : collect<Txt>(records)) out.push_back(txt.joined());
  return out;
}

std::vector<IpAddress> Answer::addresses() const { return collect<IpAddress>(records); }

std::vector<Mx> Answer::exchanges() const {
  auto out = collect<Mx>(records);
  std::ranges::sort(out);  // by preference first
  return out;
}

std::vector<std::string> Answer::targets() const {
  std::vector<std::string> out;
  for (const Target& target : collect<Target>(records)) out.push_back(target.name);
  return out;
}

std::vector<Tlsa> Answer::tlsa() const { return collect<Tlsa>(records); }

Answer Answer::failed(Status status, std::string detail) {
  Answer out;
  out.status = status;
  out.detail = std::move(detail);
  return out;
}

}  // namespace ph::dns

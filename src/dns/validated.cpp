#include "dns/validated.h"

#include <algorithm>

#include "net/gather.h"
#include "net/loop.h"

namespace ph::dns {
namespace {

// TTLs differ between a cache and its source, and the order of records means nothing.
bool same_records(const Answer& a, const Answer& b) {
  auto same = [](const Record& x, const Record& y) {
    return x.name == y.name && x.type == y.type && x.data == y.data;
  };
  return a.status == b.status && a.canonical == b.canonical &&
         std::ranges::is_permutation(a.records, b.records, same);
}

}  // namespace

net::Task<Answer> ValidatedResolver::proven(Question question, Deadline deadline) {
  bool validates = co_await options_.validates(deadline);
  if (!validates) co_return Answer::failed(Status::servfail, "nothing is validated");
  co_return co_await options_.validator->query(std::move(question), deadline);
}

net::Task<Answer> ValidatedResolver::query(Question question, Deadline deadline) {
  Deadline wait =
      deadline.sooner(Deadline::in(net::Loop::current()->clock(), limits::kDnsInteractive));
  std::vector<net::Task<Answer>> both;
  both.push_back(options_.direct->query(question, deadline));
  both.push_back(proven(question, wait));
  std::vector<Answer> answers = co_await net::gather(std::move(both));
  Answer& now = answers[0];
  Answer& proof = answers[1];
  if (now.temporary() || proof.status == Status::bogus)
    co_return std::move(now.temporary() ? now : proof);
  if (!proof.secure) co_return std::move(now);
  if (!same_records(now, proof)) {
    std::unique_ptr<Resolver> fresh = options_.fresh();
    if (!fresh) co_return Answer::failed(Status::servfail, "the answer could not be validated");
    proof = co_await fresh->query(question, deadline);
    if (!proof.secure) {
      // What was signed a moment ago is not suddenly unsigned: without proof nothing is known.
      if (proof.temporary()) co_return std::move(proof);
      co_return Answer::failed(Status::bogus, "the answer of a signed zone is not validated");
    }
    if (!same_records(now, proof)) co_return std::move(proof);
  }
  now.secure = true;
  co_return std::move(now);
}

}  // namespace ph::dns

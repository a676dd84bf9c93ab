#include "simulation/people.h"

#include <fmt/format.h>


namespace ph::simulation {
namespace {

using namespace std::chrono_literals;

core::SendRequest request_of(const Send& send) {
  core::SendRequest out;
  out.actor.kind = core::Actor::Kind::user;
  out.actor.account = send.account;
  out.actor.role = core::Role::owner;
  out.fields.emplace();
  out.fields->from = send.from;
  out.fields->to = send.to;
  out.fields->subject = send.key;
  out.fields->text = send.body;
  out.idempotency = {send.key, "hash of " + send.key};
  return out;
}

bool passes(core::Reason reason) {
  return reason == core::Reason::temporary || reason == core::Reason::storage_full ||
         reason == core::Reason::internal;
}

}  // namespace

// Lines of plain text, some of which begin with a dot.
std::string body_of(unsigned number, size_t size, Random& random) {
  std::string out = fmt::format("request {}\r\n", number);
  while (out.size() < size) {
    std::string line(1 + random.below(60), static_cast<char>('a' + random.below(26)));
    out += (random.below(4) == 0 ? "." : "") + line + "\r\n";
  }
  return out;
}

void plan_sends(Surroundings& around, const Plan& plan) {
  unsigned number = 0;
  for (unsigned account = 0; account < plan.accounts; ++account)
    for (unsigned i = 0; i < plan.sends; ++i) {
      Send send{.number = number, .account_number = account};
      send.from = sender_of(account);
      send.key = fmt::format("key-{}", number);
      uint64_t count = 1 + around.people.below(4);
      for (uint64_t r = 0; r < count; ++r) {
        uint64_t kind = around.people.below(12);
        send.to.push_back(fmt::format("{}{}r{}@d{}.example",
                                      kind == 0 ? "no" : kind == 1 ? "grey" : "u", number, r,
                                      around.people.below(plan.domains)));
      }
      send.body = body_of(number, around.people.below(plan.body_most), around.people);
      around.ledger.add(std::move(send));
      ++number;
    }
}

void plan_probe(Surroundings& around, unsigned account) {
  auto number = static_cast<unsigned>(around.ledger.sends().size());
  Send send{.number = number, .account_number = account};
  send.from = sender_of(account);
  send.key = fmt::format("probe-{}", number);
  send.to = {fmt::format("probe{}@probe.example", number)};
  send.body = body_of(number, 100, around.people);
  around.ledger.add(std::move(send));
}

net::Task<void> send_all(Surroundings& around, House& house, unsigned account) {
  unsigned generation = around.generation;
  for (size_t i = 0; i < around.ledger.sends().size(); ++i) {
    Send& send = around.ledger.sends()[i];
    if (send.account_number != account || send.acknowledged) continue;
    co_await net::sleep_for(Duration(around.people.below(around.people.below(4) == 0 ? 20'000'000
                                                                                     : 50'000)));
    if (around.generation != generation) co_return;
    while (!send.acknowledged && around.alive) {
      send.account = house.account(account);
      // It could not be read, because the disk has its faults; or nobody may send now.
      if (!send.account.value || !around.sending) {
        co_await net::sleep_for(1s);
        if (around.generation != generation) co_return;
        continue;
      }
      around.note("request " + send.key);
      auto answer = co_await house.sender().send(request_of(send));
      if (!around.alive) co_return;
      if (answer) {
        around.note("acknowledged " + send.key);
        around.ledger.acknowledged(send, answer->id);
        break;
      }
      if (!passes(answer.error().reason))
        around.ledger.complain(fmt::format("{} was refused: {}", send.key, answer.error().detail));
      co_await net::sleep_for(Duration(1'000'000 + around.people.below(10'000'000)));
      if (around.generation != generation) co_return;
    }
  }
}

net::Task<void> operate(Surroundings& around, House& house, Life life, bool* hurried) {
  unsigned generation = around.generation;
  for (unsigned i = 0; i < life.verbs; ++i) {
    co_await net::sleep_for(Duration(around.people.below(
        around.people.below(2) == 0 ? 2'000'000 : 400'000'000)));
    if (!around.alive || !around.sending || around.generation != generation) co_return;
    auto& sends = around.ledger.sends();
    const Send& send = sends[around.people.below(sends.size())];
    queue::Selection selection = house.account(send.account_number);
    if (around.people.below(2) == 0)
      selection = queue::RecipientDomain{send.to[0].substr(send.to[0].find('@') + 1)};
    uint64_t verb = around.people.below(8);
    around.note(fmt::format("verb {}", verb));
    if (verb >= 6 && !send.acknowledged) continue;
    if (verb < 2) {
      around.held = true;
      static_cast<void>(co_await house.queue().hold(selection));
    } else if (verb < 4) {
      static_cast<void>(co_await house.queue().release(selection));
    } else if (verb < 6) {
      *hurried = true;
      static_cast<void>(co_await house.queue().retry(selection));
    } else if (verb == 6) {
      static_cast<void>(co_await house.queue().cancel(*send.acknowledged));
    } else {
      static_cast<void>(co_await house.queue().expire(*send.acknowledged));
    }
  }
}

net::Task<void> release_all(Surroundings& around, House& house) {
  for (unsigned account = 0; account < kAccounts && around.alive; ++account)
    static_cast<void>(co_await house.queue().release(house.account(account)));
}

}  // namespace ph::simulation

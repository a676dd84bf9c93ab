#include "simulation/people.h"

#include <fmt/format.h>

namespace ph::simulation {
namespace {

using namespace std::chrono_literals;

core::Actor owner_of(AccountId account) {
  core::Actor out;
  out.kind = core::Actor::Kind::user;
  out.account = account;
  out.role = core::Role::owner;
  return out;
}

core::SendRequest request_of(const Send& send) {
  core::SendRequest out;
  out.actor = owner_of(send.account);
  out.fields.emplace();
  out.fields->from = send.from;
  out.fields->to = send.to;
  out.fields->subject = send.key;
  out.fields->text = send.body;
  out.idempotency = {send.key, "hash of " + send.key};
  return out;
}

// The lines of an upload.
std::string upload_of(const Send& send) {
  std::string out = fmt::format(R"({{"from":"{}","subject":"{}","text":"{}"}})", send.from,
                                send.key, send.body);
  for (size_t i = 0; i < send.to.size(); ++i)
    out += fmt::format("\n{{\"to\":\"{}\",\"data\":{{\"n\":{}}}}}", send.to[i], i);
  return out;
}

// In pieces that end anywhere.
net::Task<core::Outcome<BulkId>> upload(Surroundings& around, House& house, const Send& send) {
  auto request = house.bulks().upload(
      {.actor = owner_of(send.account), .account = {}, .idempotency_key = send.key});
  std::string left = upload_of(send);
  size_t piece = 50 + around.people.below(left.size());
  while (!left.empty()) {
    auto taken = co_await request->add(left.substr(0, piece));
    if (!taken) {
      // Its client may be gone before it can tell.
      if (around.people.below(2) == 0) co_await request->abandon();
      co_return core::lift(std::move(taken).error());
    }
    left.erase(0, piece);
    co_await net::sleep_for(Duration(around.people.below(50'000)));
  }
  auto answer = co_await request->finish();
  if (!answer) co_return core::lift(std::move(answer).error());
  co_return answer->id;
}

// One request and its answer.
net::Task<core::Outcome<>> ask(Surroundings& around, House& house, Send& send) {
  unsigned generation = around.generation;
  bool too_late = around.sync_lost;
  if (send.bulk) {
    BulkId job = CO_REFUSE_TRY(co_await upload(around, house, send));
    // Who waits for a process that was taken over asks the next one.
    if (!around.alive || around.generation != generation) co_return core::Outcome<>{};
    around.ledger.acknowledged(send, job);
    house.bulks().tell_work();
  } else {
    auto answer = CO_REFUSE_TRY(co_await house.sender().send(request_of(send)));
    if (!around.alive) co_return core::Outcome<>{};
    around.ledger.acknowledged(send, answer.id);
  }
  around.note("acknowledged " + send.key);
  if (too_late)
    around.ledger.complain(send.key + " was acknowledged by a process whose sync had failed");
  co_return core::Outcome<>{};
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

// After all else, one of each account.
void plan_bulk(Surroundings& around, const Plan& plan) {
  for (unsigned account = 0; account < plan.accounts && plan.bulk_rows > 0; ++account) {
    auto number = static_cast<unsigned>(around.ledger.sends().size());
    Send send{.number = number, .account_number = account};
    send.bulk = true;
    send.from = sender_of(account);
    send.key = fmt::format("bulk-{}", number);
    send.body = fmt::format("bulk {} for {{{{n}}}}.", number);
    for (unsigned i = 0; i < plan.bulk_rows; ++i)
      send.to.push_back(fmt::format("{}{}b{}@d{}.example",
                                    around.people.below(12) == 0 ? "no" : "u", number, i,
                                    around.people.below(plan.domains)));
    around.ledger.add(std::move(send));
  }
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
  plan_bulk(around, plan);
}

std::string bulk_body_of(const Send& send, ptrdiff_t place) {
  std::string out = send.body;
  out.replace(out.find("{{n}}"), 5, fmt::format("{}", place));
  return out + "\r\n";
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
    if (send.account_number != account || send.answered()) continue;
    co_await net::sleep_for(Duration(around.people.below(around.people.below(4) == 0 ? 20'000'000
                                                                                     : 50'000)));
    if (around.generation != generation) co_return;
    while (!send.answered() && around.alive) {
      send.account = house.account(account);
      // It could not be read, because the disk has its faults; or nobody may send now.
      if (!send.account.value || !around.sending) {
        co_await net::sleep_for(1s);
        if (around.generation != generation) co_return;
        continue;
      }
      around.note("request " + send.key);
      auto answer = co_await ask(around, house, send);
      if (!around.alive) co_return;
      if (answer && send.answered()) break;
      if (answer) co_return;
      if (!passes(answer.error().reason))
        around.ledger.complain(fmt::format("{} was refused: {}", send.key, answer.error().detail));
      co_await net::sleep_for(Duration(1'000'000 + around.people.below(10'000'000)));
      if (around.generation != generation) co_return;
    }
  }
}

// What its owner does with a bulk job.
net::Task<void> move_job(Surroundings& around, House& house, Send& send) {
  if (!send.job) co_return;
  uint64_t what = around.people.below(5);
  core::BulkVerb verb = what < 2   ? core::BulkVerb::pause
                        : what < 4 ? core::BulkVerb::resume
                                   : core::BulkVerb::cancel;
  if (verb == core::BulkVerb::cancel) send.cancelled = true;
  around.note(fmt::format("bulk verb {}", static_cast<int>(verb)));
  AccountId account = house.account(send.account_number);
  static_cast<void>(co_await house.bulks().move(owner_of(account), {}, *send.job, verb));
}

net::Task<void> operate(Surroundings& around, House& house, Life life, bool* hurried) {
  unsigned generation = around.generation;
  for (unsigned i = 0; i < life.verbs; ++i) {
    co_await net::sleep_for(Duration(around.people.below(
        around.people.below(2) == 0 ? 2'000'000 : 400'000'000)));
    if (!around.alive || !around.sending || around.generation != generation) co_return;
    auto& sends = around.ledger.sends();
    Send& send = sends[around.people.below(sends.size())];
    queue::Selection selection = house.account(send.account_number);
    if (around.people.below(2) == 0)
      selection = queue::RecipientDomain{send.to[0].substr(send.to[0].find('@') + 1)};
    uint64_t verb = around.people.below(8);
    around.note(fmt::format("verb {}", verb));
    if (send.bulk) co_await move_job(around, house, send);
    if (!around.alive || around.generation != generation) co_return;
    if (verb >= 6 && !send.acknowledged) continue;
    if (verb < 2) {
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
  for (Send& send : around.ledger.sends()) {
    if (!send.job || !around.alive) continue;
    // Whether a cancel was heard is not known: it is said again.
    core::BulkVerb verb = send.cancelled ? core::BulkVerb::cancel : core::BulkVerb::resume;
    core::Actor owner = owner_of(house.account(send.account_number));
    static_cast<void>(co_await house.bulks().move(owner, {}, *send.job, verb));
  }
}

}  // namespace ph::simulation

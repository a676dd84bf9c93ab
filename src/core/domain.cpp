#include "core/domain.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/text.h"
#include "core/audit.h"
#include "core/event.h"
#include "core/identity_rights.h"
#include "core/transaction.h"
#include "dns/domain_name.h"
#include "dns/public_suffix.h"
#include "json/json.h"
#include "store/event.h"
#include "store/reputation.h"

namespace ph::core {
namespace {

constexpr size_t kSelectorBytes = 6;
// What the name of its DKIM record puts before a domain: "ph", ten letters of the selector, and
// "e._domainkey." of the second key. A name of the DNS has 253 octets at most (RFC 1035 §3.1).
constexpr size_t kNameMost = 253 - (2 + 10 + 1 + 12);
constexpr int64_t kDaysJudged = 8;  // whose mails a level may still be judged by
constexpr size_t kTagsMost = 10;
constexpr size_t kTagLength = 32;  // code points

std::string seal_place(AccountId account, std::string_view name, std::string_view key) {
  return fmt::format("domain:{}:{}:{}", account.value, name, key);
}

Outcome<dns::DomainName> check_name(const std::string& text) {
  auto name = dns::DomainName::parse(text);
  if (!name) return refuse(Reason::invalid_field, name.error().message, "domain");
  if (name->text().size() > kNameMost)
    return refuse(Reason::invalid_field,
                  fmt::format("The name is longer than {} characters: the DNS has no room for the "
                              "name of its DKIM record.",
                              kNameMost),
                  "domain");
  if (name->label_count() < 2)
    return refuse(Reason::invalid_field,
                  "A sender domain has at least two labels: mail.example.com.", "domain");
  if (dns::PublicSuffix::system().is_public_suffix(*name))
    return refuse(Reason::domain_public_suffix,
                  fmt::format("{} is a public suffix: anybody registers names below it. Use a name "
                              "of your own.",
                              name->text()),
                  "domain");
  return std::move(*name);
}

Outcome<> refuse_hosted(const std::string& name, const HostedMail& hosted) {
  if (hosted.provider.empty()) return {};
  return refuse(Reason::domain_hosts_mailboxes,
                fmt::format("{0} has mailboxes at {1}: its MX record must stay theirs, and bounces "
                            "could not come back here. Use a sub-domain such as mail.{0} instead.",
                            name, hosted.provider),
                "domain");
}

DomainWants wants_of(const store::DomainRow& row) {
  return {.name = row.name,
          .selector = row.selector,
          .dkim_public = row.dkim_public,
          .ed_selector = row.ed_selector,
          .ed_public = row.ed_public};
}

// A claim that stayed pending for 30 days has lapsed; told when it is looked at.
DomainState shown_state(const store::DomainRow& row, WallTime now) {
  bool old = now - row.created_at > limits::kPendingDomainKept;
  return row.state == DomainState::pending && old ? DomainState::lapsed : row.state;
}

DomainView view_of(const Context& context, store::DomainRow row) {
  DomainView view;
  view.state = shown_state(row, context.clock.wall());
  auto last = row.check_json.empty() ? fail(Errc::not_found, "never checked")
                                     : parse_domain_check(row.check_json);
  view.check = last ? std::move(*last) : wanted_records(wants_of(row), context.installation);
  view.row = std::move(row);
  return view;
}

// Rows with the recipients that today's limit counts (core/send_limits.h).
struct UsedDomains {
  std::vector<store::DomainRow> rows;
  std::vector<store::CounterRow> today;

  std::optional<int64_t> of(DomainId id) const {
    for (const store::CounterRow& row : today)
      if (row.domain_id == id && row.kind == "accepted") return row.n;
    return 0;
  }
};

Outcome<UsedDomains> with_use(sql::Connection& sql, AccountId account, WallTime now,
                              std::vector<store::DomainRow> rows) {
  UsedDomains out{.rows = std::move(rows), .today = {}};
  int64_t day = store::day_of(now);
  if (!out.rows.empty()) out.today = REFUSE_TRY(store::counters(sql, account, day, day));
  return out;
}

std::vector<DomainView> views_of(const Context& context, UsedDomains used) {
  std::vector<DomainView> out;
  for (store::DomainRow& row : used.rows) {
    auto today = used.of(row.id);
    out.push_back(view_of(context, std::move(row)));
    out.back().sent_today = today;
  }
  return out;
}

// Each once, trimmed, in the order given.
Outcome<std::vector<std::string>> check_tags(const std::vector<std::string>& tags) {
  std::vector<std::string> out;
  for (size_t i = 0; i < tags.size(); ++i) {
    std::string tag(trim(tags[i]));
    std::string field = fmt::format("tags[{}]", i);
    if (tag.empty() || !is_utf8(tag) || has_control(tag) || utf8_length(tag) > kTagLength)
      return refuse(
          Reason::invalid_field,
          fmt::format("A tag has 1 to {} characters and no control characters.", kTagLength),
          field);
    if (std::ranges::find(out, tag) == out.end()) out.push_back(std::move(tag));
  }
  if (out.size() > kTagsMost)
    return refuse(Reason::invalid_field, fmt::format("A domain has at most {} tags.", kTagsMost),
                  "tags");
  return out;
}

Outcome<store::DomainRow> find_domain(sql::Connection& sql, AccountId account,
                                      const std::string& name) {
  auto row = store::domain_by_name(sql, account, name);
  if (!row && row.error().code == Errc::not_found)
    return refuse(Reason::not_found, "There is no such sender domain.", "domain");
  return REFUSE_TRY(std::move(row));
}

// Not filtered afterwards: a page with fewer rows than asked for is the last one.
Outcome<std::vector<store::DomainRow>> listed(sql::Connection& sql, AccountId account,
                                              const Actor& actor, store::Page page) {
  if (!of_some_domains(actor)) return REFUSE_TRY(store::domains(sql, account, page));
  std::vector<store::DomainRow> out;
  for (const std::string& name : seen_domains(actor)) {
    auto row = store::domain_by_name(sql, account, name);
    if (!row && row.error().code == Errc::not_found) continue;
    if (row && row->id.value <= page.after) continue;
    out.push_back(REFUSE_TRY(std::move(row)));
  }
  std::ranges::sort(out, std::less(), &store::DomainRow::id);
  if (out.size() > static_cast<size_t>(page.rows()))
    out.resize(static_cast<size_t>(page.rows()));
  return out;
}

std::unexpected<Refusal> no_domain() {
  return refuse(Reason::not_found, "There is no such sender domain.", "domain");
}

std::string audited_domain(const store::DomainRow& row) {
  json::Value tags = json::Value::array();
  for (const std::string& tag : row.tags) tags.push(tag);
  return json::serialize(json::Value::object({{"state", store::domain_state_name(row.state)},
                                              {"forced", row.forced_reason},
                                              {"tags", tags}}));
}

Result<> record_domain(store::Tx& tx, const Actor& actor, std::string_view action,
                       const store::DomainRow& row, std::string before) {
  return record_change(tx, actor,
                       {.account = row.account_id,
                        .action = action,
                        .object = "domain:" + row.name,
                        .before = std::move(before),
                        .after = action == "domain.delete" ? "null" : audited_domain(row)});
}

DomainStanding standing_of(const store::DomainRow& row, WallTime now) {
  return {.state = shown_state(row, now),
          .forced = !row.forced_reason.empty(),
          .absences = row.absences,
          .failing_since = row.failing_since,
          .last_absence = row.last_absence_at,
          .unknown_since = row.unknown_since};
}

void set_standing(store::DomainRow& row, const DomainStanding& standing) {
  row.state = standing.state;
  row.absences = standing.absences;
  row.failing_since = standing.failing_since;
  row.last_absence_at = standing.last_absence;
  row.unknown_since = standing.unknown_since;
}

Result<> record_state(store::Tx& tx, const store::DomainRow& row, DomainState before,
                      std::string_view why) {
  if (row.state == before) return {};
  json::Value data = json::Value::object({{"domain", row.name},
                                          {"from", store::domain_state_name(before)},
                                          {"to", store::domain_state_name(row.state)},
                                          {"why", std::string(why)}});
  return record_event(tx, {.account_id = row.account_id,
                           .type = event::kDomainState,
                           .domain_id = row.id,
                           .data = json::serialize(data)});
}

// Another account has this name, or a name above it, verified: no claim beside that one.
Outcome<> check_not_owned(sql::Connection& sql, AccountId account, const dns::DomainName& name) {
  for (std::optional<dns::DomainName> at = name; at && at->label_count() > 1; at = at->parent()) {
    auto owner = store::domain_owner_for_operator(sql, at->text());
    if (!owner && owner.error().code != Errc::not_found) return lift(owner.error());
    if (owner && owner->account_id != account)
      return refuse(Reason::domain_taken,
                    fmt::format("{} is verified by another account.", at->text()), "domain");
  }
  return {};
}

// The first to verify wins: other accounts' claims turn conflicting.
Outcome<> outdo_other_claims(store::Tx& tx, const store::DomainRow& winner) {
  auto claims = REFUSE_TRY(store::domain_claims_for_operator(tx.sql(), winner.name));
  for (store::DomainRow& claim : claims) {
    if (claim.account_id == winner.account_id || claim.state != DomainState::pending) continue;
    DomainState before = claim.state;
    claim.state = DomainState::conflicting;
    REFUSE_TRY(store::update_domain(tx.sql(), claim.account_id, claim));
    REFUSE_TRY(record_state(tx, claim, before, "another account verified the name"));
  }
  return {};
}

// What a finished check makes of the stored domain.
Outcome<store::DomainRow> apply_check(store::Tx& tx, AccountId account, const std::string& name,
                                      const DomainCheck& check, CheckKind kind) {
  auto row = REFUSE_TRY(find_domain(tx.sql(), account, name));
  DomainState before = row.state;
  DomainStanding after = after_check(standing_of(row, tx.now()), check.verdict(), kind, tx.now());
  set_standing(row, after);
  row.checked_at = tx.now();
  row.ed_found = check.ed25519_found();
  row.check_json = json::serialize(domain_check_json(row.name, row.state, check));
  const char* why = "the four records were checked";
  if (row.state == DomainState::verified && before != DomainState::verified) {
    auto parsed = REFUSE_TRY(dns::DomainName::parse(row.name));
    if (!check_not_owned(tx.sql(), account, parsed)) {
      row.state = DomainState::conflicting;
      why = "another account verified the name first";
    } else {
      row.verified_at = tx.now();
      row.return_path_host = check.return_path_host;
      REFUSE_TRY(outdo_other_claims(tx, row));
    }
  }
  REFUSE_TRY(store::update_domain(tx.sql(), account, row));
  REFUSE_TRY(record_state(tx, row, before, why));
  return row;
}

struct NewKeys {
  std::optional<crypto::PrivateKey> rsa, ed25519;
};

Result<NewKeys> generate_keys(crypto::NewKey rsa) {
  NewKeys keys;
  keys.rsa = TRY(crypto::PrivateKey::generate(rsa));
  keys.ed25519 = TRY(crypto::PrivateKey::generate(crypto::NewKey::ed25519));
  return keys;
}

Outcome<AccountId> account_to_change(const Actor& actor, AccountId named) {
  if (!allowed(actor, Action::manage_domains))
    return refuse(Reason::forbidden, "Your role may not manage sender domains.");
  return acting_account(actor, named);
}

Outcome<> need_enterprise(sql::Connection& sql, const store::DomainRow& row) {
  bool owned = may_send(row.state) || row.state == DomainState::suspended;
  if (!owned) return {};
  auto rights = REFUSE_TRY(identity_rights(sql, row.account_id));
  if (rights.may_delete_verified_domains()) return {};
  return refuse(Reason::conflict, "Only a verified enterprise deletes a verified domain.",
                "domain");
}

Outcome<store::DomainRow> insert(store::Tx& tx, const Actor& actor, store::DomainRow row,
                                 const dns::DomainName& name) {
  auto account = store::account(tx.sql(), row.account_id);
  if (!account && account.error().code == Errc::not_found)
    return refuse(Reason::not_found, "There is no such account.", "account");
  int64_t limit = REFUSE_TRY(std::move(account)).limits.domains;
  REFUSE_TRY(check_not_owned(tx.sql(), row.account_id, name));
  if (store::domain_by_name(tx.sql(), row.account_id, row.name))
    return refuse(Reason::conflict, "The account has this sender domain already.", "domain");
  int64_t count = REFUSE_TRY(store::domain_count(tx.sql(), row.account_id));
  if (limit > 0 && count >= limit)
    return refuse(Reason::domain_limit,
                  fmt::format("The account has {} sender domains, as many as it may have.", count),
                  "domain");
  row.created_at = tx.now();
  row.id = REFUSE_TRY(store::insert_domain(tx.sql(), row));
  REFUSE_TRY(record_event(
      tx, {.account_id = row.account_id, .type = event::kDomainCreated, .domain_id = row.id}));
  REFUSE_TRY(record_domain(tx, actor, "domain.create", row, "null"));
  return row;
}

}  // namespace

net::Task<Outcome<DomainView>> Domains::create(Actor actor, AccountId named, std::string text,
                                               crypto::NewKey rsa) {
  AccountId account = CO_REFUSE_TRY(account_to_change(actor, named));
  dns::DomainName name = CO_REFUSE_TRY(check_name(text));
  if (!sees_domain(actor, name.text()))
    co_return refuse(Reason::forbidden, "This sender domain is not one of yours.", "domain");
  if (!context_.installation.allow_customer_mx) {
    HostedMail hosted =
        co_await find_hosted_mail(context_.direct, name.text(), context_.installation.mail_host,
                                  Deadline::in(context_.clock, limits::kDnsInteractive));
    CO_REFUSE_TRY(refuse_hosted(name.text(), hosted));
  }
  auto made = co_await net::run_on(
      context_.crypto_pool, [rsa] { return generate_keys(rsa); },
      Deadline::in(context_.clock, limits::kStoreWait));
  NewKeys keys = CO_REFUSE_TRY(std::move(made));
  store::DomainRow row;
  row.account_id = account;
  row.name = name.text();
  row.selector = "ph" + base32_encode(context_.random.bytes(kSelectorBytes));
  row.dkim_public = keys.rsa->public_base64();
  row.dkim_bits = keys.rsa->bits();
  row.dkim_key_sealed = context_.master.seal(keys.rsa->to_der(),
                                             seal_place(account, row.name, "rsa"), context_.random);
  row.ed_selector = row.selector + "e";
  row.ed_public = keys.ed25519->public_base64();
  row.ed_key_sealed = context_.master.seal(
      keys.ed25519->to_der(), seal_place(account, row.name, "ed25519"), context_.random);
  auto job = [actor, row, name](store::Tx& tx) { return insert(tx, actor, row, name); };
  row = CO_REFUSE_TRY(co_await transact<store::DomainRow>(context_, std::move(job)));
  co_return view_of(context_, std::move(row));
}

net::Task<Outcome<DomainView>> Domains::get(Actor actor, AccountId named, std::string text) {
  if (!allowed(actor, Action::view)) co_return refuse(Reason::forbidden, "This key may not read.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  auto name = dns::DomainName::parse(text);
  if (!name || !sees_domain(actor, name->text())) co_return no_domain();
  auto job = [account, name = name->text(),
              now = context_.clock.wall()](sql::Connection& sql) -> Outcome<UsedDomains> {
    return with_use(sql, account, now, {REFUSE_TRY(find_domain(sql, account, name))});
  };
  auto used = CO_REFUSE_TRY(co_await look<UsedDomains>(context_, std::move(job)));
  co_return std::move(views_of(context_, std::move(used))[0]);
}

net::Task<Outcome<std::vector<DomainView>>> Domains::list(Actor actor, AccountId named,
                                                          DomainId after, size_t limit) {
  if (!allowed(actor, Action::view)) co_return refuse(Reason::forbidden, "This key may not read.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  store::Page page{.after = after.value, .limit = limit};
  auto job = [actor, account, page,
              now = context_.clock.wall()](sql::Connection& sql) -> Outcome<UsedDomains> {
    return with_use(sql, account, now, REFUSE_TRY(listed(sql, account, actor, page)));
  };
  co_return views_of(context_, CO_REFUSE_TRY(co_await look<UsedDomains>(context_, std::move(job))));
}

net::Task<Outcome<DomainView>> Domains::run_check(Actor actor, AccountId named, std::string text,
                                                  CheckKind kind) {
  AccountId account = CO_REFUSE_TRY(account_to_change(actor, named));
  DomainView view = CO_REFUSE_TRY(co_await get(actor, account, std::move(text)));
  std::string name = view.row.name;
  DomainCheck check = co_await check_domain(context_.direct, context_.clock, wants_of(view.row),
                                            context_.installation,
                                            Deadline::in(context_.clock, limits::kDnsEvaluation));
  if (kind == CheckKind::submitted && !context_.installation.allow_customer_mx) {
    HostedMail hosted =
        co_await find_hosted_mail(context_.direct, name, context_.installation.mail_host,
                                  Deadline::in(context_.clock, limits::kDnsInteractive));
    CO_REFUSE_TRY(refuse_hosted(name, hosted));
  }
  auto job = [actor, account, name, check, kind](store::Tx& tx) -> Outcome<store::DomainRow> {
    auto before = REFUSE_TRY(find_domain(tx.sql(), account, name));
    auto after = REFUSE_TRY(apply_check(tx, account, name, check, kind));
    if (kind == CheckKind::submitted || after.state != before.state)
      REFUSE_TRY(record_domain(tx, actor,
                               kind == CheckKind::submitted ? "domain.verify" : "domain.check",
                               after, audited_domain(before)));
    return after;
  };
  auto row = CO_REFUSE_TRY(co_await transact<store::DomainRow>(context_, std::move(job)));
  DomainView out;
  out.state = row.state;
  out.check = std::move(check);
  out.row = std::move(row);
  co_return out;
}

net::Task<Outcome<DomainView>> Domains::check(Actor actor, AccountId account, std::string name) {
  return run_check(std::move(actor), account, std::move(name), CheckKind::watch);
}

net::Task<Outcome<DomainView>> Domains::verify(Actor actor, AccountId account, std::string name) {
  return run_check(std::move(actor), account, std::move(name), CheckKind::submitted);
}

net::Task<Outcome<DomainView>> Domains::force(Actor actor, AccountId named, std::string text,
                                              std::string reason) {
  if (!allowed(actor, Action::operate))
    co_return refuse(Reason::forbidden, "Only the operator may force a domain.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  dns::DomainName name = CO_REFUSE_TRY(check_name(text));
  auto job = [actor, account, name, reason](store::Tx& tx) -> Outcome<store::DomainRow> {
    auto row = REFUSE_TRY(find_domain(tx.sql(), account, name.text()));
    std::string was = audited_domain(row);
    DomainState before = row.state;
    row.forced_reason = reason;
    if (!reason.empty()) {
      REFUSE_TRY(check_not_owned(tx.sql(), account, name));
      set_standing(row, {.state = DomainState::verified, .forced = true});
      row.verified_at = tx.now();
      REFUSE_TRY(outdo_other_claims(tx, row));
    }
    REFUSE_TRY(store::update_domain(tx.sql(), account, row));
    REFUSE_TRY(record_state(tx, row, before, "forced: " + reason));
    REFUSE_TRY(record_domain(tx, actor, "domain.force", row, std::move(was)));
    return row;
  };
  auto row = CO_REFUSE_TRY(co_await transact<store::DomainRow>(context_, std::move(job)));
  co_return view_of(context_, std::move(row));
}

net::Task<Outcome<DomainView>> Domains::set_tags(Actor actor, AccountId named, std::string text,
                                                 std::vector<std::string> wanted) {
  AccountId account = CO_REFUSE_TRY(account_to_change(actor, named));
  auto name = dns::DomainName::parse(text);
  if (!name || !sees_domain(actor, name->text())) co_return no_domain();
  auto tags = CO_REFUSE_TRY(check_tags(wanted));
  auto job = [actor, account, name = name->text(),
              tags](store::Tx& tx) -> Outcome<store::DomainRow> {
    auto row = REFUSE_TRY(find_domain(tx.sql(), account, name));
    std::string before = audited_domain(row);
    row.tags = tags;
    REFUSE_TRY(store::set_domain_tags(tx.sql(), account, row.id, tags));
    REFUSE_TRY(record_domain(tx, actor, "domain.tags", row, std::move(before)));
    return row;
  };
  auto row = CO_REFUSE_TRY(co_await transact<store::DomainRow>(context_, std::move(job)));
  co_return view_of(context_, std::move(row));
}

net::Task<Outcome<>> Domains::remove(Actor actor, AccountId named, std::string text,
                                     MayDelete who) {
  AccountId account = CO_REFUSE_TRY(account_to_change(actor, named));
  auto name = dns::DomainName::parse(text);
  if (!name || !sees_domain(actor, name->text())) co_return no_domain();
  auto job = [actor, account, who, name = name->text()](store::Tx& tx) -> Outcome<> {
    auto row = REFUSE_TRY(find_domain(tx.sql(), account, name));
    if (who == MayDelete::enterprise) REFUSE_TRY(need_enterprise(tx.sql(), row));
    if (REFUSE_TRY(store::address_count(tx.sql(), account, row.id)) > 0)
      return refuse(Reason::domain_in_use,
                    "Sender addresses exist under this domain. Delete them first.", "domain");
    REFUSE_TRY(store::note_earlier_domain(
        tx.sql(), {.account_id = account, .name = row.name, .domain_id = row.id},
        store::day_of(tx.now()) - kDaysJudged));
    REFUSE_TRY(store::delete_domain(tx.sql(), account, row.id));
    REFUSE_TRY(record_event(
        tx, {.account_id = account, .type = event::kDomainDeleted, .domain_id = row.id}));
    REFUSE_TRY(record_domain(tx, actor, "domain.delete", row, audited_domain(row)));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job));
}

net::Task<Result<SigningKeys>> Domains::signing_keys(DomainId id) {
  auto job = [id](sql::Connection& sql) { return store::domain_for_queue(sql, id); };
  auto found = co_await context_.store.read<store::DomainRow>(
      std::move(job), Deadline::in(context_.clock, limits::kStoreWait));
  store::DomainRow row = CO_TRY(std::move(found));
  auto open = [&](const std::string& sealed, const char* key) -> Result<crypto::PrivateKey> {
    auto der = TRY(context_.master.open(sealed, seal_place(row.account_id, row.name, key)));
    return crypto::PrivateKey::from_der(der);
  };
  SigningKeys keys{.domain = row.name, .selector = row.selector, .ed_selector = row.ed_selector};
  keys.rsa = CO_TRY(open(row.dkim_key_sealed, "rsa"));
  if (row.ed_found) keys.ed25519 = CO_TRY(open(row.ed_key_sealed, "ed25519"));
  co_return keys;
}

}  // namespace ph::core

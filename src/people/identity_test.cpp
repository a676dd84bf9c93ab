#include "people/identity.h"

#include <doctest/doctest.h>

#include "core/core_fixture_test.h"
#include "core/view_json.h"
#include "core/housekeeping.h"
#include "core/settings.h"
#include "people/evidence_sample_test.h"
#include "store/audit.h"

namespace ph {
namespace {

using namespace ph::people;
using core::Role;
using core_test::granted;
using core_test::refusal;
using store::IdentityKind;
using store::IdentityState;
using store_test::need;

constexpr const char* kNumber = "11010119900307123X";

struct Fixture : core_test::CoreFixture {
  explicit Fixture(sql::Engine engine = sql::Engine::sqlite) : CoreFixture(engine) {}

  IdentityWish anna() const {
    return {.kind = IdentityKind::individual, .name = "Anna Li", .document_number = kNumber};
  }
  IdentityWish firm() const {
    return {.kind = IdentityKind::enterprise, .company = "Acme Ltd",
            .registration_number = "91110000MA01", .contact = "Anna Li, +86 10 1234"};
  }
  NewEvidence scan(std::string bytes, std::string type = "application/pdf") const {
    return {.filename = "licence.pdf", .content_type = std::move(type), .bytes = std::move(bytes)};
  }
  auto submit(IdentityWish wish) { return run(identities.submit(owner(acme), std::move(wish))); }
  auto add(NewEvidence given) { return run(identities.add(owner(acme), std::move(given))); }
  auto approve(std::string seen = {}) { return run(identities.approve(boss, acme, seen)); }
  auto reject(std::string why) { return run(identities.reject(boss, acme, std::move(why))); }
  IdentityView mine() { return now(identities.get(owner(acme), {})); }

  std::vector<std::string> actions() {
    std::vector<std::string> out;
    for (const store::AuditRow& row : need(read<std::vector<store::AuditRow>>(
             [&](sql::Connection& sql) { return store::audit(sql, acme, {}, {.limit = 100}); })))
      if (row.action.starts_with("identity.")) out.push_back(row.action);
    return out;
  }
  // Whether the query's one column has the text in some row.
  bool stands(std::string_view query, std::string_view text) {
    return need(read<bool>([&](sql::Connection& sql) -> Result<bool> {
      sql::Rows rows = TRY(sql.query(query));
      CHECK_FALSE(rows.empty());
      for (sql::Row row : rows)
        if (row.text(0).find(text) != std::string::npos) return true;
      return false;
    }));
  }

  Notices notices{context, sender};
  Identities identities{context, notices};
  AccountId acme = account("acme");
  AccountId other = account("other");
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a decision is of the claim that was read, not of a later one") {
  auto shown = [](const IdentityView& view) {
    return core::time_json(view.claim.submitted_at).as_string();
  };
  std::string first = shown(granted(submit(anna())));
  granted(reject("The name does not fit."));
  clock.advance(std::chrono::minutes(1));
  std::string second = shown(granted(submit(anna())));
  CHECK(refusal(approve(first)) == "conflict submitted_at");
  CHECK(refusal(run(identities.reject(boss, acme, "No.", first))) == "conflict submitted_at");
  CHECK(granted(approve(second)).state == IdentityState::approved);
}

TEST_CASE("a claim goes from none to submitted, to rejected, to submitted again, to approved") {
  sql_test::each_engine([](sql::Engine engine) {
    Fixture f(engine);
    CHECK(f.mine().state == IdentityState::none);
    CHECK(refusal(f.approve()) == "not_found account");
    IdentityView view = granted(f.submit(f.anna()));
    CHECK(view.state == IdentityState::submitted);
    CHECK(view.number == "11**************3X");
    CHECK(refusal(f.submit(f.anna())) == "conflict");
    CHECK(refusal(f.reject("  ")) == "missing_field reason");
    CHECK(granted(f.reject("The name does not fit.")).state == IdentityState::rejected);
    CHECK(f.mine().claim.reason == "The name does not fit.");
    CHECK(refusal(f.approve()) == "conflict");
    CHECK(refusal(f.reject("again")) == "conflict");
    view = granted(f.submit(f.anna()));
    CHECK(view.state == IdentityState::submitted);
    CHECK(view.claim.reason.empty());
    CHECK(view.claim.decided_at == WallTime{});
    CHECK(granted(f.approve()).state == IdentityState::approved);
    CHECK(refusal(f.submit(f.firm())) == "conflict");
    CHECK(refusal(f.approve()) == "conflict");
    CHECK(granted(f.reject("It was somebody else's.")).state == IdentityState::rejected);
    std::vector<std::string> states;
    for (const auto& line : f.mine().history)
      states.push_back(std::string(store::identity_state_name(line.state)) +
                       (line.reason.empty() ? "" : ": " + line.reason));
    CHECK(states == std::vector<std::string>{"submitted", "rejected: The name does not fit.",
                                             "submitted", "approved",
                                             "rejected: It was somebody else's."});
    CHECK(f.actions() == std::vector<std::string>{"identity.reject", "identity.approve",
                                                  "identity.submit", "identity.reject",
                                                  "identity.submit"});
  });
}

TEST_CASE_FIXTURE(Fixture, "an enterprise shows at least one file") {
  CHECK(refusal(submit(firm())) == "missing_field evidence");
  store::EvidenceRow row = granted(add(scan(people_test::pdf())));
  CHECK(row.filename == "licence.pdf");
  IdentityView view = granted(submit(firm()));
  CHECK(view.claim.company == "Acme Ltd");
  REQUIRE(view.evidence.size() == 1);
  CHECK(view.evidence[0].id == row.id);
  CHECK(refusal(add(scan(people_test::pdf()))) == "conflict");
  CHECK(refusal(run(identities.remove(owner(acme), {}, row.id))) == "conflict");
  granted(reject("Not readable."));
  granted(run(identities.remove(owner(acme), {}, row.id)));
  CHECK(mine().evidence.empty());
  CHECK(refusal(run(identities.remove(owner(acme), {}, row.id))) == "not_found evidence");
}

TEST_CASE_FIXTURE(Fixture, "a number stands nowhere as it is, and opens for a review only") {
  granted(submit(anna()));
  for (const char* query :
       {"SELECT name || company || contact || number_mask || reason FROM identity_claim",
        "SELECT reason FROM identity_history", "SELECT was || becomes || object FROM audit",
        "SELECT data FROM event"})
    CHECK_FALSE(stands(query, kNumber));
  CHECK(stands("SELECT name FROM identity_claim", "Anna Li"));
  CHECK(mine().claim.number_sealed.find(kNumber) == std::string::npos);
  CHECK(mine().number == "11**************3X");
  CHECK(now(identities.review(boss, acme)).number == kNumber);
  CHECK(actions().front() == "identity.review");
  CHECK_FALSE(stands("SELECT was || becomes || object FROM audit", kNumber));
}

TEST_CASE_FIXTURE(Fixture, "a file is kept sealed, and opens for the operator alone") {
  std::string bytes = people_test::pdf();
  store::EvidenceRow row = granted(add(scan(bytes)));
  std::string stored = need(store->read_content_now(row.content));
  CHECK(stored.find("Catalog") == std::string::npos);
  EvidenceBytes opened = now(identities.open(boss, acme, row.id));
  CHECK(opened.bytes == bytes);
  CHECK(opened.row.content_type == "application/pdf");
  CHECK(actions().front() == "identity.evidence_read");
  CHECK(refusal(run(identities.open(boss, other, row.id))) == "not_found evidence");
  CHECK(refusal(run(identities.open(owner(acme), acme, row.id))) == "forbidden");
}

TEST_CASE_FIXTURE(Fixture, "bad claims are refused by their field, and nothing is stored") {
  auto with = [](IdentityWish wish, auto change) {
    change(wish);
    return wish;
  };
  using W = IdentityWish;
  granted(add(scan(people_test::pdf())));
  const std::pair<IdentityWish, const char*> kBad[] = {
      {with(anna(), [](W& w) { w.name = " "; }), "missing_field name"},
      {with(anna(), [](W& w) { w.name = "Anna\nLi"; }), "invalid_field name"},
      {with(anna(), [](W& w) { w.name = "\xff"; }), "invalid_field name"},
      {with(anna(), [](W& w) { w.name = std::string(129, 'a'); }), "invalid_field name"},
      {with(anna(), [](W& w) { w.document_number = ""; }), "missing_field document_number"},
      {with(anna(), [](W& w) { w.document_number = "123"; }), "invalid_field document_number"},
      {with(anna(), [](W& w) { w.document_number = "12345\xe2\x80\xae"; }),
       "invalid_field document_number"},
      {with(anna(), [](W& w) { w.document_number = std::string(65, '1'); }),
       "invalid_field document_number"},
      {with(anna(), [](W& w) { w.document_number = "<script>"; }),
       "invalid_field document_number"},
      {with(anna(), [](W& w) { w.company = "Acme"; }), "invalid_field company"},
      {with(anna(), [](W& w) { w.contact = "Bob"; }), "invalid_field contact"},
      {with(firm(), [](W& w) { w.company = ""; }), "missing_field company"},
      {with(firm(), [](W& w) { w.contact = ""; }), "missing_field contact"},
      {with(firm(), [](W& w) { w.registration_number = ""; }),
       "missing_field registration_number"},
      {with(firm(), [](W& w) { w.document_number = "12345"; }), "invalid_field document_number"},
      {with(firm(), [](W& w) { w.name = "Anna"; }), "invalid_field name"},
  };
  for (const auto& [wish, expected] : kBad) CHECK(refusal(submit(wish)) == expected);
  CHECK(mine().state == IdentityState::none);
}

TEST_CASE_FIXTURE(Fixture, "a file of another kind than it says, or of no kind, is refused") {
  CHECK(refusal(add(scan("<script>"))) == "invalid_field evidence");
  CHECK(refusal(add(scan(""))) == "invalid_field evidence");
  CHECK(refusal(add(scan(people_test::png()))) == "invalid_field Content-Type");
  CHECK(refusal(add(scan(people_test::pdf() + std::string(limits::kEvidenceBytes, ' ')))) ==
        "too_large");
  CHECK(mine().evidence.empty());
}

TEST_CASE_FIXTURE(Fixture, "files are counted, those that were removed too") {
  std::vector<int64_t> ids;
  for (size_t i = 0; i < limits::kEvidenceFiles; ++i)
    ids.push_back(granted(add(scan(people_test::pdf()))).id);
  CHECK(refusal(add(scan(people_test::pdf()))) == "conflict");
  for (size_t i = limits::kEvidenceFiles; i < limits::kEvidenceUploads; ++i) {
    granted(run(identities.remove(owner(acme), {}, ids.back())));
    ids.back() = granted(add(scan(people_test::pdf()))).id;
  }
  granted(run(identities.remove(owner(acme), {}, ids.back())));
  CHECK(refusal(add(scan(people_test::pdf()))) == "request_rate_limit");
  clock.advance(limits::kEvidenceWindow + std::chrono::seconds(1));
  granted(add(scan(people_test::pdf())));
}

TEST_CASE_FIXTURE(Fixture, "evidence goes some days after the decision, as the setting says") {
  core::Settings settings(context);
  now(settings.put(boss, {}, {{"identity.evidence_days", "30"}}));
  store::EvidenceRow row = granted(add(scan(people_test::pdf())));
  granted(submit(anna()));
  auto keep_house = [&] { REQUIRE(run(core::keep_house(*store, clock))); };
  clock.advance(std::chrono::hours(24 * 40));
  keep_house();
  CHECK(mine().evidence.size() == 1);  // nobody has decided
  granted(approve());
  clock.advance(std::chrono::hours(24 * 29));
  keep_house();
  CHECK(mine().evidence.size() == 1);
  clock.advance(std::chrono::hours(24 * 2));
  keep_house();
  CHECK(mine().evidence.empty());
  CHECK(refusal(run(identities.open(boss, acme, row.id))) == "not_found evidence");
  CHECK(mine().state == IdentityState::approved);
}

TEST_CASE_FIXTURE(Fixture, "a claim is its account's alone") {
  store::EvidenceRow row = granted(add(scan(people_test::pdf())));
  granted(submit(anna()));
  CHECK(refusal(run(identities.get(owner(other), acme))) == "not_found account");
  CHECK(refusal(run(identities.remove(owner(other), {}, row.id))) == "not_found evidence");
  CHECK(now(identities.get(owner(other), {})).state == IdentityState::none);
  for (auto role : {Role::developer, Role::viewer}) {
    IdentityView seen = now(identities.get(person(acme, role), {}));
    CHECK(seen.state == IdentityState::submitted);
    CHECK(seen.claim.name.empty());
    CHECK(seen.number.empty());
    CHECK(seen.evidence.empty());
    CHECK(refusal(run(identities.submit(person(acme, role), anna()))) == "forbidden");
    CHECK(refusal(run(identities.add(person(acme, role), scan(people_test::pdf())))) ==
          "forbidden");
  }
  for (auto& out : {run(identities.review(owner(acme), acme)),
                    run(identities.approve(owner(acme), acme)),
                    run(identities.reject(owner(acme), acme, "no"))})
    CHECK(refusal(out) == "forbidden");
  CHECK(refusal(run(identities.reviews(owner(acme), {}, {}))) == "forbidden");
}

TEST_CASE_FIXTURE(Fixture, "the review queue has the oldest submission first") {
  granted(submit(anna()));
  granted(run(identities.submit(owner(other), anna())));
  auto names = [&](std::optional<IdentityState> state, store::Page page = {}) {
    std::vector<std::string> out;
    for (const auto& row : now(identities.reviews(boss, state, page)))
      out.push_back(row.account_name);
    return out;
  };
  using Names = std::vector<std::string>;
  CHECK(names(IdentityState::submitted) == Names{"acme", "other"});
  CHECK(names(IdentityState::submitted, {.after = 0, .limit = 1}) == Names{"acme"});
  granted(approve());
  CHECK(names(IdentityState::submitted) == Names{"other"});
  CHECK(names(IdentityState::approved) == Names{"acme"});
  CHECK(names(std::nullopt) == Names{"acme", "other"});
}

TEST_CASE_FIXTURE(Fixture, "the decision is mailed to who may act on it") {
  sending_account("system", "house.example");
  core::Settings settings(context);
  now(settings.put(boss, {}, {{"system.sender", "a@house.example"},
                              {"system.language", "en"},
                              {"system.console_url", "https://mail.example.com"}}));
  now(users.create(boss, {.email = "owner@acme.example", .password = "a long password",
                          .role = Role::owner, .account = acme}));
  granted(submit(anna()));
  granted(reject("The name does not fit."));
  REQUIRE(handed_over.size() == 1);
  CHECK(handed_over[0].recipients.at(0).address == "owner@acme.example");
  CHECK(handed_over[0].content->find("The name does not fit.") != std::string::npos);
  CHECK(handed_over[0].content->find("https://mail.example.com/identity") != std::string::npos);
  CHECK(handed_over[0].content->find("11010119900307123X") == std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "what an identity allows follows the mode and the state") {
  core::Settings settings(context);
  auto rights = [&] {
    return need(read<core::IdentityRights>(
        [&](sql::Connection& sql) { return core::identity_rights(sql, acme); }));
  };
  auto mode = [&](std::string word) {
    now(settings.put(boss, {}, {{"identity.mode", std::move(word)}}));
  };
  CHECK(rights().may_activate());
  CHECK(rights().may_delete_verified_domains());
  mode("optional");
  CHECK(rights().may_activate());
  CHECK_FALSE(rights().may_delete_verified_domains());
  mode("required");
  CHECK_FALSE(rights().may_activate());
  granted(submit(anna()));
  CHECK_FALSE(rights().may_activate());
  granted(approve());
  CHECK(rights().may_activate());
  CHECK_FALSE(rights().may_delete_verified_domains());
  granted(reject("no"));
  CHECK_FALSE(rights().may_activate());
  granted(add(scan(people_test::pdf())));
  granted(submit(firm()));
  CHECK_FALSE(rights().may_delete_verified_domains());
  granted(approve());
  CHECK(rights().may_delete_verified_domains());
}

TEST_CASE("a mask hides what is between the ends, and all of what is short") {
  CHECK(masked_number("") == "");
  CHECK(masked_number("123") == "***");
  CHECK(masked_number("1234") == "1**4");
  CHECK(masked_number("123456789") == "1*******9");
  CHECK(masked_number("1234567890") == "12******90");
}

}  // namespace ph

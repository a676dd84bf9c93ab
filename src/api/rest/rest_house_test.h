// Purpose: an account with one of everything, paths and bodies that name it: for tests that go
//   through the whole route table.
#pragma once

#include <map>
#include <set>

#include "api/rest/rest_fixture_test.h"
#include "people/evidence_sample_test.h"
#include "store/bill.h"
#include "store/inbox.h"
#include "store/ledger.h"

namespace ph::rest_test {

// An account with one of everything, so that its things can be named.
struct House {
  House(RestFixture& f, const std::string& name)
      : id(f.sending_account(name, "m." + name + ".example")), domain("m." + name + ".example") {
    address = "a@" + domain;
    owner_email = "owner@" + name + ".example";
    owner = f.person_token(id, core::Role::owner, owner_email);
    store::UserRow row = granted(f.run(f.users.create(f.boss, {.email = "user@" + name + ".example",
                                                               .password = kPassword,
                                                               .role = core::Role::viewer,
                                                               .account = id})));
    user = std::to_string(row.id.value);
    key = std::to_string(granted(f.run(f.keys.create(f.boss, {.account = id}))).row.id.value);
    auto sent = f.run(f.sender.send(f.fields(f.owner(id), address, {"ann@there.example"})));
    message = format_id(granted(std::move(sent)).id.value);
    mail = format_id(receive(f));
    bulk = begin_bulk(f);
    people::InvitationWish guest{.account = id, .email = "guest@" + name + ".example"};
    invitation = std::to_string(
        granted(f.run(f.people.invitations.create(f.owner(id), std::move(guest)))).row.id.value);
    session = core::session_id(
        granted(f.run(f.users.sessions(granted(f.run(f.users.by_session(owner)))))).at(0));
    people::NewEvidence scan{.filename = "licence.pdf",
                             .content_type = "application/pdf",
                             .bytes = people_test::pdf()};
    evidence = format_id(granted(f.run(f.identities.add(f.owner(id), std::move(scan)))).id);
    bill = std::to_string(charge(f));
  }
  int64_t charge(RestFixture& f) const {
    return need(f.write<int64_t>([&](store::Tx& tx) -> Result<int64_t> {
      TRY(tx.settle_usage(id));
      auto entry = TRY(store::post_entry(
          tx, id, {.what = store::LedgerWhat::bill, .reference = "2026-11-21", .note = ""}));
      return store::insert_bill(
          tx.sql(), {.account_id = id, .day = 20'000, .lines = "[]", .entry_id = entry.id});
    }));
  }
  std::string begin_bulk(RestFixture& f) const {
    auto upload = f.bulks.upload({.actor = f.owner(id)});
    granted(f.run(upload->add("{\"from\":\"" + address +
                              "\",\"text\":\"Hi {{name}}\"}\n"
                              "{\"to\":\"ann@there.example\",\"data\":{\"name\":\"Ann\"}}\n")));
    return format_id(granted(f.run(upload->finish())).id.value);
  }
  int64_t receive(RestFixture& f, std::string content = "Subject: x\r\n\r\nhello \xff\r\n") const {
    return need(f.write<int64_t>([&](store::Tx& tx) -> Result<int64_t> {
      store::InboxRow row{.id = tx.new_id(),
                          .account_id = id,
                          .received_at = tx.now(),
                          .mail_from = "x@" + domain,
                          .rcpt_to = "ann@there.example",
                          .helo = "mx.house.example"};
      row.content = TRY(tx.put_content(content));
      TRY(store::insert_inbox(tx.sql(), id, row));
      return row.id;
    }));
  }

  AccountId id;
  std::string domain, address, owner_email, owner, user, key, message, mail, bulk, evidence, bill;
  std::string invitation, session;
};

// Whoever asks for these needs no credential.
inline const std::set<std::string_view> kOpenOperations = {
    "session_create",        "session_get",           "session_delete",
    "setup",                 "agreement_get",         "registration_get",
    "registration_create",   "registration_confirm",  "password_reset_create",
    "password_reset_confirm", "invitation_look",      "invitation_accept",
    "payment_webhook"};

// A body that the schema takes, for every operation that wants one.
inline std::string valid_body(const Schema& schema) {
  const std::map<std::string_view, std::string> bodies = {
      {"SignIn", R"({"email":"boss@house.example","password":"correct horse battery"})"},
      {"NewAccount", R"({"name":"one more"})"},
      {"Limits", R"({"domains":7})"},
      {"NewUser",
       R"({"email":"new@house.example","password":"correct horse battery","role":"viewer"})"},
      {"Password", R"({"password":"correct horse battery"})"},
      {"NewKey", R"({"name":"ci"})"},
      {"NewDomain", R"({"name":"fresh.house.example"})"},
      {"Force", R"({"reason":"by phone"})"},
      {"NewAddress", R"({"address":"b@m.acme.example","name":"B"})"},
      {"SmtpPassword", R"({"smtp_password":"Abcdefg123"})"},
      {"NewMessage",
       R"({"from":"a@m.acme.example","to":["ann@there.example"],"subject":"Hi","text":"Hello"})"},
      {"Setup",
       R"({"token":"x","email":"b@house.example","password":"correct horse battery",)"
       R"("account":"b"})"},
      {"Language", R"({"language":"zh"})"},
      {"NewRegistration",
       R"({"email":"new@shop.example","password":"correct horse battery","account":"Shop"})"},
      {"LinkToken", R"({"token":"x"})"},
      {"RegistrationProof", R"({"token":"x","password":"correct horse battery"})"},
      {"ResetWish", R"({"email":"owner@acme.example"})"},
      {"ResetAnswer", R"({"token":"x","password":"correct horse battery"})"},
      {"OwnPassword",
       R"({"current":"correct horse battery","password":"correct horse battery"})"},
      {"PasswordProof", R"({"password":"correct horse battery"})"},
      {"CodeProof", R"({"code":"123456"})"},
      {"Proof", R"({"password":"correct horse battery","code":"123456"})"},
      {"UserChange", R"({"role":"viewer","policy":{"domains":["m.acme.example"]}})"},
      {"NewInvitation", R"({"email":"friend@house.example","role":"viewer"})"},
      {"InvitationAnswer", R"({"token":"x","password":"correct horse battery"})"},
      {"NewRegistrationInvitation", R"({"email":"friend@house.example","account":"Friends"})"},
      {"Impersonation", R"({"account":999999,"reason":"they called"})"},
      {"Tags", R"({"tags":["shop"]})"},
      {"IdentityWish",
       R"({"kind":"individual","name":"Anna Li","document_number":"E12345678"})"},
      {"SettingValues", R"({"values":{"quota.first_level":"2"}})"},
      {"NewAgreement", R"({"version":"2026-11","text_en":"We agree.","text_zh":"同意"})"},
      {"Suspend", R"({"reason":"too many complaints"})"},
      {"Rejection", R"({"reason":"not readable"})"},
      {"Accept", R"({"agreement_version":"2026-11"})"},
      {"PostPaid", R"({"enabled":true})"},
      {"Purchase", R"({"offer":1})"},
      {"PlanChange", R"({"plan":"customer","credit_limit":5,"post_paid":true})"},
      {"NewGrant", R"({"mails":5,"days":7,"name":"gift"})"},
      {"NewPayment", R"({"amount":1000000,"reference":"transfer 1","note":"by bank"})"},
      {"NewOffer", R"({"name":"small","mails":100,"price":100000,"days":30})"},
      {"OfferChange", R"({"on_sale":true})"},
      {"NewPrice", R"({"from":"2030-01-01","tiers":[{"from":0,"price":7}]})"},
      {"PaymentEvent", R"({"event_id":"e1","account":1250000001,"amount":5,"reference":"p1"})"},
      {"UnblockWish", R"({"domain":"m.acme.example","why":"cleaned"})"},
      {"NewLevel", R"({"domain":"m.acme.example","level":0})"},
      {"Unblock", R"({"domain":"m.acme.example"})"},
      {"MessageWish", R"({"messages":["aaaaaaaaaaaac"]})"},
      {"QueueWish", R"({"domain":"there.example"})"},
      {"NewBulk",
       R"({"from":"a@m.acme.example","text":"{{x}}",)"
       R"("recipients":[{"to":"ann@there.example","data":{"x":1}}]})"}};
  auto found = bodies.find(schema.name);
  REQUIRE_MESSAGE(found != bodies.end(), schema.name);
  return found->second;
}

// The path with its parameters filled in: {domain} becomes what `of` says of "domain".
inline std::string filled(std::string_view pattern, const std::map<std::string, std::string>& of) {
  std::string out;
  for (std::string_view piece : split(pattern.substr(1), '/')) {
    out += '/';
    if (!piece.starts_with('{')) {
      out += piece;
      continue;
    }
    std::string kind(piece.substr(1, piece.size() - 2));
    REQUIRE_MESSAGE(of.contains(kind), "no fixture for the path parameter " << kind);
    out += of.at(kind);
  }
  return out;
}

}  // namespace ph::rest_test

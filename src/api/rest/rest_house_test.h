// Purpose: an account with one of everything, paths and bodies that name it: for tests that go
//   through the whole route table.
#pragma once

#include <map>

#include "api/rest/rest_fixture_test.h"
#include "store/inbox.h"

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
  std::string domain, address, owner_email, owner, user, key, message, mail, bulk;
};

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
      {"Tags", R"({"tags":["shop"]})"},
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

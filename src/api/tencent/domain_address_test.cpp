#include "api/tencent/tencent_fixture_test.h"
#include "core/settings.h"
#include "store/identity_claim.h"

using namespace ph;
using namespace ph::tencent_test;

namespace {

struct Fixture : TencentFixture {
  std::string code(const std::string& action, const std::string& body) {
    return code_of(key, action, body);
  }
  std::string code_of(const core::MadeKey& who, const std::string& action,
                      const std::string& body) {
    std::string chinese = ask(who, action, body).code();
    bool changes = chinese == "ok";
    if (changes) return chinese;
    Got english =
        ask(who, {.action = action, .body = body, .headers = {{"X-TC-Language", "en-US"}}});
    CHECK(english.code() == chinese);
    return chinese;
  }
  std::string identity(const std::string& action, const std::string& name) {
    return code(action, texts({{"EmailIdentity", name}}));
  }
  std::string address(const std::string& action, const std::string& email) {
    return code(action, texts({{"EmailAddress", email}}));
  }
  bool shown_verified(const std::string& name) {
    Got got = ask(key, "GetEmailIdentity", texts({{"EmailIdentity", name}}));
    bool shown = got.at("VerifiedForSendingStatus").as_bool();
    for (const Value& row : ask(key, "ListEmailIdentities", "{}").at("EmailIdentities").as_array())
      if (row.find("IdentityName")->as_string() == name)
        CHECK(row.find("SendingEnabled")->as_bool() == shown);
    return shown;
  }
  void set_state(const std::string& name, core::DomainState state) {
    using Row = store::DomainRow;
    Row row =
        need(read<Row>([&](sql::Connection& c) { return store::domain_by_name(c, acme, name); }));
    row.state = state;
    need(write<bool>([&](store::Tx& tx) -> Result<bool> {
      TRY(store::update_domain(tx.sql(), acme, row));
      return true;
    }));
  }

  AccountId acme = account("acme");
  core::MadeKey key = key_of(acme);
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the documented errors of sender domains") {
  CHECK(identity("CreateEmailIdentity", "m.acme.example") == "ok");
  CHECK(identity("CreateEmailIdentity", "M.acme.example.") ==
        "InvalidParameterValue.RepeatCreation");
  for (const char* bad : {"", "com", "co.uk", "a..b", "a b.example", "-", "*.acme.example",
                          "http://acme.example", "a@acme.example", "192.0.2.1"})
    CHECK(identity("CreateEmailIdentity", bad) == "InvalidParameterValue.InvalidEmailIdentity");
  CHECK(identity("CreateEmailIdentity", std::string(300, 'a') + ".example") ==
        "InvalidParameterValue.InvalidEmailIdentity");
  zone.add_mx("corp.acme.example", 5, "mxbiz1.qq.com");
  CHECK(identity("CreateEmailIdentity", "corp.acme.example") ==
        "InvalidParameterValue.InvalidEmailIdentity");
  AccountId other = account("other");
  verified(other, "taken.example");
  CHECK(identity("CreateEmailIdentity", "taken.example") == "InvalidParameterValue.CreatedByOther");
  CHECK(code("CreateEmailIdentity", "{}") == "MissingParameter");
  CHECK(code("CreateEmailIdentity", R"({"EmailIdentity":"x.example","DKIMOption":3})") ==
        "InvalidParameterValue");
  CHECK(code("CreateEmailIdentity", R"({"EmailIdentity":"x.example","DKIMOption":2})") ==
        "InvalidParameterValue");
  CHECK(code("CreateEmailIdentity",
             R"({"EmailIdentity":"x.example","TagList":[{"TagKey":"a","TagValue":"b"}]})") ==
        "UnsupportedOperation");
  CHECK(code("ListEmailIdentities", R"({"TagList":[{"TagKey":"a"}]})") == "UnsupportedOperation");
  for (const char* action : {"GetEmailIdentity", "UpdateEmailIdentity", "DeleteEmailIdentity"}) {
    INFO(action);
    for (const char* absent : {"absent.example", "taken.example", "", "a..b", "not a domain"})
      CHECK(identity(action, absent) == "InvalidParameterValue.NotExistDomain");
  }
  granted(run(accounts.set_limits(boss, acme, {{"domains", 1}})));
  CHECK(identity("CreateEmailIdentity", "two.acme.example") == "OperationDenied.ExceedDomainLimit");
  CHECK(identity("DeleteEmailIdentity", "m.acme.example") == "ok");
  CHECK(identity("CreateEmailIdentity", "two.acme.example") == "ok");
}

TEST_CASE_FIXTURE(Fixture, "DKIMOption chooses the length of the key") {
  auto create = [&](const char* body) { return ask(key, "CreateEmailIdentity", body); };
  Got small = create(R"({"EmailIdentity":"s.acme.example","DKIMOption":0,"TagList":[]})");
  CHECK(small.at("DKIMOption").as_int() == 0);
  Got large = create(R"({"EmailIdentity":"l.acme.example","DKIMOption":1,"TagList":null})");
  CHECK(large.at("DKIMOption").as_int() == 1);
  auto dkim = [](const Got& got) {
    for (const Value& record : got.at("Attributes").as_array()) {
      std::string value = record.find("ExpectedValue")->as_string();
      if (value.contains("k=rsa")) return value;
    }
    return std::string();
  };
  CHECK(dkim(small).size() < 260);
  CHECK(dkim(large).size() > 380);
  CHECK(code("UpdateEmailIdentity", R"({"EmailIdentity":"s.acme.example","DKIMOption":1})") ==
        "FailedOperation.DKIMNotApplied");
  CHECK(code("UpdateEmailIdentity", R"({"EmailIdentity":"s.acme.example","DKIMOption":2})") ==
        "FailedOperation.DKIMNotApplied");
  CHECK(code("UpdateEmailIdentity",
             R"({"EmailIdentity":"s.acme.example","DKIMOption":0,"NewAPI":true})") == "ok");
}

TEST_CASE_FIXTURE(Fixture, "failing shows as verified, every other state but verified as not") {
  verified(acme, "m.acme.example");
  using S = core::DomainState;
  for (auto [state, shown] : {std::pair{S::verified, true},
                              {S::failing, true},
                              {S::suspended, false},
                              {S::pending, false},
                              {S::conflicting, false},
                              {S::lapsed, false}}) {
    INFO(store::domain_state_name(state));
    set_state("m.acme.example", state);
    CHECK(shown_verified("m.acme.example") == shown);
  }
}

TEST_CASE_FIXTURE(Fixture, "the list of domains has pages, and the quota of the account") {
  for (const char* name : {"a.acme.example", "b.acme.example", "c.acme.example"})
    CHECK(identity("CreateEmailIdentity", name) == "ok");
  auto names = [&](const std::string& body) {
    Got got = ask(key, "ListEmailIdentities", body);
    CHECK(got.at("Total").as_int() == 3);
    std::string out;
    for (const Value& row : got.at("EmailIdentities").as_array()) {
      out += row.find("IdentityName")->as_string()[0];
      CHECK(row.as_object().size() == 8);
    }
    return out;
  };
  CHECK(names("{}") == "abc");
  CHECK(names(R"({"Limit":2})") == "ab");
  CHECK(names(R"({"Limit":2,"Offset":2})") == "c");
  CHECK(names(R"({"Limit":9223372036854775807,"Offset":1})") == "bc");
  CHECK(names(R"({"Offset":9223372036854775807})") == "");
  CHECK(code("ListEmailIdentities", R"({"Limit":-1})") == "InvalidParameter");
  CHECK(code("ListEmailIdentities", R"({"Limit":"2"})") == "InvalidParameter");
  struct Quota {
    int64_t daily, level, shown;
  };
  for (Quota q : {Quota{0, 20, 1'000'000},
                  {499, 0, 499},
                  {500, 1, 500},
                  {4'999, 3, 4'999},
                  {5'000'000, 20, 5'000'000}}) {
    granted(run(accounts.set_limits(boss, acme, {{"daily_per_domain", q.daily}})));
    Got got = ask(key, "ListEmailIdentities", "{}");
    CHECK(got.at("MaxReputationLevel").as_int() == q.level);
    CHECK(got.at("MaxDailyQuota").as_int() == q.shown);
  }
}

TEST_CASE_FIXTURE(Fixture, "the documented errors of sender addresses") {
  CHECK(address("CreateEmailAddress", "a@m.acme.example") == "OperationDenied.DomainNotVerified");
  CHECK(identity("CreateEmailIdentity", "p.acme.example") == "ok");
  CHECK(address("CreateEmailAddress", "a@p.acme.example") == "OperationDenied.DomainNotVerified");
  verified(acme, "m.acme.example");
  CHECK(address("CreateEmailAddress", "a@m.acme.example") == "ok");
  CHECK(address("CreateEmailAddress", "a@M.acme.example") ==
        "InvalidParameterValue.RepeatEmailAddress");
  for (const std::string& bad :
       {std::string(), std::string("a"), std::string("a@"), std::string("A <a@m.acme.example>"),
        std::string("a b@m.acme.example"), std::string(400, 'a')})
    CHECK(address("CreateEmailAddress", bad) == "InvalidParameterValue.IllegalEmailAddress");
  for (const std::string& bad :
       {std::string(65, 'n'), std::string("a\nb"), std::string("a\u2028b")})
    CHECK(code("CreateEmailAddress",
               texts({{"EmailAddress", "n@m.acme.example"}, {"EmailSenderName", bad}})) ==
          "InvalidParameterValue.IllegalSenderName");
  granted(run(accounts.set_limits(boss, acme, {{"addresses", 1}})));
  CHECK(address("CreateEmailAddress", "b@m.acme.example") == "OperationDenied.ExceedSenderLimit");
  CHECK(identity("DeleteEmailIdentity", "m.acme.example") ==
        "OperationDenied.SenderWithDomainIsNotEmpty");
  for (const char* absent : {"b@m.acme.example", "a@other.example", "", "a"})
    CHECK(address("DeleteEmailAddress", absent) == "InvalidParameterValue.NoSuchSender");
  CHECK(address("DeleteEmailAddress", "a@m.acme.example") == "ok");
  CHECK(address("DeleteEmailAddress", "a@m.acme.example") == "InvalidParameterValue.NoSuchSender");
  CHECK(identity("DeleteEmailIdentity", "m.acme.example") == "ok");
}

TEST_CASE_FIXTURE(Fixture, "a verified domain is deleted by a verified enterprise alone") {
  verified(acme, "m.acme.example");
  auto mode = [&](std::string word) {
    core::Settings settings(context);
    granted(run(settings.put(boss, {}, {{"identity.mode", std::move(word)}})));
  };
  auto claim = [&](store::IdentityKind kind, store::IdentityState state) {
    need(write([&](store::Tx& tx) {
      return store::put_identity_claim(tx.sql(), {.account_id = acme,
                                                  .id = tx.new_id(),
                                                  .kind = kind,
                                                  .state = state,
                                                  .number_sealed = "x"});
    }));
  };
  using store::IdentityKind;
  using store::IdentityState;
  const char* no = "OperationDenied.NotAllowDelete";
  for (const char* word : {"optional", "required"}) {
    mode(word);
    CHECK(identity("DeleteEmailIdentity", "m.acme.example") == no);
  }
  claim(IdentityKind::individual, IdentityState::approved);
  CHECK(identity("DeleteEmailIdentity", "m.acme.example") == no);
  claim(IdentityKind::enterprise, IdentityState::submitted);
  CHECK(identity("DeleteEmailIdentity", "m.acme.example") == no);
  claim(IdentityKind::enterprise, IdentityState::approved);
  CHECK(identity("DeleteEmailIdentity", "m.acme.example") == "ok");
  verified(acme, "n.acme.example");
  claim(IdentityKind::enterprise, IdentityState::rejected);
  CHECK(identity("DeleteEmailIdentity", "n.acme.example") == no);
  CHECK(identity("CreateEmailIdentity", "pending.acme.example") == "ok");
  CHECK(identity("DeleteEmailIdentity", "pending.acme.example") == "ok");
  mode("off");
  CHECK(identity("DeleteEmailIdentity", "n.acme.example") == "ok");
}

TEST_CASE_FIXTURE(Fixture, "an SMTP password is strong and another than before") {
  verified(acme, "m.acme.example");
  CHECK(address("CreateEmailAddress", "a@m.acme.example") == "ok");
  auto set = [&](const std::string& email, const std::string& password) {
    return code("UpdateEmailSmtpPassWord",
                texts({{"EmailAddress", email}, {"Password", password}}));
  };
  auto kind = [&] {
    Got got = ask(key, "ListEmailAddress", "{}");
    return got.at("EmailSenders").as_array()[0].find("SmtpPwdType")->as_int();
  };
  for (const std::string& weak :
       {std::string(), std::string("short1A2"), std::string("nodigitsAB"),
        std::string("12345678ab"), std::string("12345678AB"), std::string("Abcdefghi12 "),
        std::string("Abcdefg12345678901234"), std::string("Abcdefgh12\r\n"), std::string(100, 'a')})
    CHECK(set("a@m.acme.example", weak) == "InvalidParameterValue.InvalidSmtpPassWord");
  CHECK(kind() == 0);
  CHECK(set("b@m.acme.example", "Abcdefg123") == "InvalidParameterValue.NoSuchSender");
  CHECK(set("nobody", "Abcdefg123") == "InvalidParameterValue.NoSuchSender");
  CHECK(set("a@m.acme.example", "Abcdefg123") == "ok");
  CHECK(kind() == 1);
  CHECK(set("a@m.acme.example", "Abcdefg123") == "OperationDenied.RepeatPassWord");
  CHECK(set("a@m.acme.example", "Abcdefg124") == "ok");
  CHECK(run(addresses.smtp_login("a@m.acme.example", "Abcdefg124",
                                 need(IpAddress::parse("192.0.2.9"))))
            .has_value());
}

TEST_CASE_FIXTURE(Fixture, "another account's things are as absent as what is not there") {
  AccountId other = sending_account("other", "m.other.example");
  core::MadeKey stranger = key;
  static_cast<void>(other);
  for (const char* action : {"GetEmailIdentity", "UpdateEmailIdentity", "DeleteEmailIdentity"})
    CHECK(code_of(stranger, action, texts({{"EmailIdentity", "m.other.example"}})) ==
          code_of(stranger, action, texts({{"EmailIdentity", "absent.example"}})));
  for (const char* email : {"a@m.other.example", "a@absent.example"}) {
    CHECK(address("DeleteEmailAddress", email) == "InvalidParameterValue.NoSuchSender");
    CHECK(address("CreateEmailAddress", email) == "OperationDenied.DomainNotVerified");
    CHECK(code("UpdateEmailSmtpPassWord",
               texts({{"EmailAddress", email}, {"Password", "Abcdefg123"}})) ==
          "InvalidParameterValue.NoSuchSender");
    CHECK(code("SendEmail", R"({"FromEmailAddress":")" + std::string(email) +
                                R"(","Subject":"x","Destination":["x@y.example"],)"
                                R"("Simple":{"Text":"aGk="}})") ==
          "FailedOperation.NotAuthenticatedSender");
  }
  CHECK(ask(key, "ListEmailIdentities", "{}").at("Total").as_int() == 0);
  CHECK(ask(key, "ListEmailAddress", "{}").at("EmailSenders").as_array().empty());
  CHECK(handed_over.empty());
}

TEST_CASE_FIXTURE(Fixture, "a key of one domain sees that one only") {
  verified(acme, "one.acme.example");
  verified(acme, "two.acme.example");
  granted(run(addresses.create(owner(acme), {.email = "a@one.acme.example"})));
  granted(run(addresses.create(owner(acme), {.email = "a@two.acme.example"})));
  core::MadeKey one = key_of(acme, {.only_domain = "one.acme.example"});
  CHECK(ask(one, "ListEmailIdentities", "{}").at("Total").as_int() == 1);
  CHECK(ask(one, "ListEmailAddress", "{}").at("EmailSenders").as_array().size() == 1);
  CHECK(code_of(one, "GetEmailIdentity", texts({{"EmailIdentity", "two.acme.example"}})) ==
        "InvalidParameterValue.NotExistDomain");
  CHECK(code_of(one, "UpdateEmailIdentity", texts({{"EmailIdentity", "one.acme.example"}})) ==
        "AuthFailure.UnauthorizedOperation");
}

#include "api/rest/people_reply.h"
#include "api/rest/schemas.h"
#include "api/rest/session_cookie.h"
#include "base/text.h"
#include "core/view_json.h"

namespace ph::rest {
namespace {

using core::Reason;
using core::refuse;
using json::Value;

net::Task<Reply> sign_in(const Services& s, Call& call) {
  std::string email = lower(call.text("email"));  // as core looks it up: one name, one throttle
  const IpAddress& client = call.request.peer.address;
  if (auto wait = co_await s.logins.turn(email, client)) co_return too_many_guesses(*wait);
  core::Caller caller{.from = client.text(),
                      .agent = std::string(call.request.header("User-Agent").value_or("")),
                      .familiar = s.logins.knows(email, client) ? core::Familiar::yes
                                                                : core::Familiar::no};
  auto done = co_await s.core.users.sign_in(email, call.text("password"), std::move(caller),
                                            call.text("code"));
  bool wrong = !done && done.error().reason == Reason::unauthenticated;
  if (wrong)
    s.logins.keep(email, client);
  else
    s.logins.give_back(email, client);
  auto signed_in = CO_REFUSE_TRY(std::move(done));
  s.logins.welcome(email, client);
  Answer out;
  out.body = session_value(CO_REFUSE_TRY(co_await s.core.users.standing(signed_in.token)),
                           signed_in.token);
  out.body.set("token", signed_in.token);
  out.body.set("language", CO_REFUSE_TRY(co_await s.core.users.language(signed_in.actor)));
  out.body.set("expires_at", core::time_json(signed_in.expires_at));
  out.headers.push_back({"Set-Cookie", session_cookie(signed_in.token, call.request.tls)});
  co_return out;
}

// Where the session came as a cookie and is old, another takes its place.
net::Task<Reply> probe(const Services& s, Call& call) {
  Answer out;
  out.body = Value::object({{"signed_in", false}});
  if (call.credential.empty() || !call.actor.user) {
    if (s.core.setup == nullptr) co_return out;
    bool waits = CO_REFUSE_TRY(co_await s.core.setup->waits());
    if (waits) out.body.set("setup", true);
    co_return out;
  }
  // Asked before the renewal: nothing that may fail stands between it and its cookie.
  std::string language = CO_REFUSE_TRY(co_await s.core.users.language(call.actor));
  auto standing = CO_REFUSE_TRY(co_await s.core.users.standing(call.credential));
  std::string token = call.credential;
  if (!call.request.header("Authorization")) {
    auto renewed = CO_REFUSE_TRY(co_await s.core.users.renew(token));
    if (renewed) {
      token = renewed->token;
      out.headers.push_back({"Set-Cookie", session_cookie(token, call.request.tls)});
    }
  }
  out.body = session_value(standing, token);
  out.body.set("language", language);
  co_return out;
}

// The token has 256 random bits: there is nothing to throttle but the hash of the password, which
// comes after it.
net::Task<Reply> first_setup(const Services& s, Call& call) {
  if (s.core.setup == nullptr)
    co_return refuse(Reason::unauthenticated, "The setup token is not the one in the log.",
                     "token");
  CO_REFUSE_TRY(co_await s.core.setup->finish({.token = call.text("token"),
                                               .email = call.text("email"),
                                               .password = call.text("password"),
                                               .account = call.text("account")}));
  co_return Answer{};
}

net::Task<Reply> sign_out(const Services& s, Call& call) {
  if (!call.credential.empty()) {
    CO_REFUSE_TRY(co_await s.core.users.sign_out(call.credential));
    s.streams.end(stream_holder(call));
  }
  Answer out;
  out.headers.push_back({"Set-Cookie", ended_cookie(call.request.tls)});
  co_return out;
}

}  // namespace

std::span<const Route> session_routes() {
  static const Route routes[] = {
      {.method = "POST",
       .path = "/api/v1/session",
       .operation = "session_create",
       .summary = "Sign in with e-mail address and password",
       .guard = Guard::open,
       .request = &schemas::kSignIn,
       .response = &schemas::kSession,
       .reasons = {Reason::unauthenticated, Reason::second_factor_required,
                   Reason::request_rate_limit},
       .run = sign_in},
      {.method = "GET",
       .path = "/api/v1/session",
       .operation = "session_get",
       .summary = "Who is signed in; 200 also when nobody is",
       .guard = Guard::visitor,
       .response = &schemas::kSession,
       .run = probe},
      {.method = "DELETE",
       .path = "/api/v1/session",
       .operation = "session_delete",
       .summary = "Sign out",
       .guard = Guard::visitor,
       .status = 204,
       .run = sign_out},
      {.method = "POST",
       .path = "/api/v1/setup",
       .operation = "setup",
       .summary = "The operator and the first account, by the token in the server's log",
       .guard = Guard::open,
       .request = &schemas::kSetup,
       .reasons = {Reason::unauthenticated, Reason::conflict},
       .status = 204,
       .run = first_setup},
  };
  return routes;
}

}  // namespace ph::rest

// Purpose: our own REST, made from one route table: routing, credentials, validation, paging,
//   errors and the OpenAPI document all come from it.
// Shapes: /api/v1/…, JSON both ways; an error is application/problem+json (RFC 9457) with reason
//   (core's stable word), field and detail. Lists: {"items":[…],"next_cursor":…}.
//   Credentials: Authorization: Bearer KEY or SESSION; or the cookie posthouse_session, with
//   X-Posthouse-Csrf beside it where something is changed.
// Threads: handle() on any loop.
// Not here: rules (core/), JSON of things (core/view_json.h), HTTP itself (net/http.h).
#pragma once

#include <functional>
#include <memory>

#include "api/rest/event_stream.h"
#include "billing/customer.h"
#include "core/account.h"
#include "core/address.h"
#include "core/agreement.h"
#include "core/bulk.h"
#include "core/domain.h"
#include "core/event_feed.h"
#include "core/key.h"
#include "core/login_memory.h"
#include "core/message.h"
#include "core/send.h"
#include "core/settings.h"
#include "core/setup.h"
#include "core/user.h"
#include "net/http.h"
#include "people/identity.h"
#include "people/people.h"
#include "people/suspension.h"
#include "queue/queue.h"

namespace ph::rest {

struct RestServices {
  core::Context& context;
  core::Accounts& accounts;
  core::Users& users;
  core::Keys& keys;
  core::Domains& domains;
  core::Addresses& addresses;
  core::Sender& sender;
  core::Messages& messages;
  core::Bulks& bulks;
  core::Settings& settings;
  core::Agreements& agreements;
  people::Identities& identities;
  people::Suspensions& suspensions;
  billing::Customers& customers;
  queue::Queue* queue = nullptr;
  // Publishes a domain's records in the sandbox zone; empty outside the sandbox.
  std::function<net::Task<core::Outcome<>>(core::DomainView)> publish;
  core::Setup* setup = nullptr;     // null: the first start is not by HTTP
  core::EventFeed* feed = nullptr;  // null: nobody can listen
  people::People* people = nullptr;  // null: not served
  std::vector<std::string> submission, submission_tls;  // "127.0.0.1:2587", to be told
};

class RestApi {
 public:
  explicit RestApi(RestServices services);
  net::Task<net::HttpResponse> handle(net::HttpRequest request);
  // For net::HttpServerOptions: few routes take much, and none does from a stranger.
  static size_t body_most(const net::HttpRequest& head);
  // For the same: of lines that are taken as they come.
  static uint64_t in_pieces(const net::HttpRequest& head);

 private:
  RestServices services_;
  core::LoginMemory logins_;
  core::LoginMemory asked_;  // for addresses, by strangers: apart from guesses
  EventStreams streams_;
};

}  // namespace ph::rest

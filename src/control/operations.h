// Purpose: what the command line asks of a server, as named operations on JSON: the operator's
//   door.
// Shapes: run("domain.add", {"name": …, "account": …}) → the JSON that `posthouse … --json`
//   prints. `account` is a name or a number; where it is left out, the one account that there
//   is, or the one that the domain or address belongs to.
// Errors: a Refusal; unknown arguments are refused as unknown fields.
// Threads: any loop. The caller is the operator: who reaches this door owns the data directory.
// Not here: the socket (control_door.h), words and tables for people (cli/).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "billing/customer.h"
#include "core/account.h"
#include "core/address.h"
#include "core/agreement.h"
#include "core/bulk.h"
#include "core/domain.h"
#include "core/key.h"
#include "core/message.h"
#include "core/send.h"
#include "core/settings.h"
#include "core/user.h"
#include "json/json.h"
#include "people/identity.h"
#include "people/people.h"
#include "people/suspension.h"
#include "queue/queue.h"

namespace ph::control {

struct Services {
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
  people::Notices& notices;
  people::Identities& identities;
  people::Suspensions& suspensions;
  billing::Customers& customers;
  queue::Queue& queue;
  people::People* people = nullptr;
  // Publishes a domain's records in the sandbox zone; empty outside the sandbox.
  std::function<net::Task<core::Outcome<>>(core::DomainView)> publish;
};

using Answer = core::Outcome<json::Value>;

class Operations {
 public:
  explicit Operations(Services services) : services_(std::move(services)) {}
  net::Task<Answer> run(std::string name, json::Value arguments);

 private:
  Services services_;
};

std::vector<std::string_view> operation_names();

// Who reaches this door is the operator.
core::Actor control_actor();

}  // namespace ph::control

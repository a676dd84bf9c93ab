// Purpose: what the steps of sending hand to each other: a request becoming a message.
// Not here: the list of steps (send.cpp). Private to core.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/send.h"
#include "mime/address.h"
#include "store/account.h"
#include "store/address.h"
#include "store/domain.h"

namespace ph::core {

struct DraftRecipient {
  mime::Mailbox mailbox;
  std::string domain;  // A-labels, or an address literal
};

struct Draft {
  Context& context;
  SendRequest& request;
  AccountId account;

  mime::Mailbox from;
  std::string from_domain;     // A-labels
  std::string raw_message_id;  // of RawContent; empty where it has none

  // From step_facts on; a domain or an address that is not there is null.
  SenderFacts::Known facts;
  const store::AccountRow* account_row = nullptr;
  const store::AddressRow* address_row = nullptr;
  const store::DomainRow* domain_row = nullptr;

  std::vector<mime::Mailbox> to, cc, reply_to;  // of FieldContent, parsed
  std::vector<DraftRecipient> recipients;       // envelope, no address twice

  MessageId id;
  std::string bytes;  // the message as it will be stored
  std::string subject;
  std::string header_message_id;
  bool eight_bit = false;
  bool smtputf8 = false;

  bool raw() const { return request.raw.has_value(); }
};

using SendStep = net::Task<Outcome<>> (*)(Draft&);

// The row of a recipient accepted now, but for its place in a message.
store::RecipientRow new_recipient(const DraftRecipient& recipient, WallTime now);
// The first steps of the one list, about who sends: those that a bulk job takes when it comes.
std::span<const SendStep> steps_about_sender();
// Reply-To of FieldContent, judged.
Outcome<> parse_reply_to(Draft& draft);
// Fields as the REST door names them come back from the builder under the same names.
Outcome<> lift_content(const Error& error);

// In the order in which send.cpp lists them.
net::Task<Outcome<>> step_permission(Draft& draft);
net::Task<Outcome<>> step_request_rate(Draft& draft);
net::Task<Outcome<>> step_sender(Draft& draft);
net::Task<Outcome<>> step_facts(Draft& draft);
net::Task<Outcome<>> step_account_state(Draft& draft);
net::Task<Outcome<>> step_sender_allowed(Draft& draft);
net::Task<Outcome<>> step_recipients(Draft& draft);
net::Task<Outcome<>> step_content(Draft& draft);
net::Task<Outcome<>> step_size(Draft& draft);

}  // namespace ph::core

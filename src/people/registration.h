// Purpose: how somebody gets an account by himself: he asks, a link goes to his address, and
//   whoever follows it has the account.
// Shapes: registration.mode says who may: anybody, whom the operator invited, nobody. Nothing but a
//   link exists before it is followed: no account, no user. The new account's plan is customer, its
//   name what was asked for, with a number behind it where that name is taken. Of several
//   registrations of an address the last one counts.
// Errors: forbidden (closed, or no invitation), not_found in `token` (link.h), invalid_field in
//   `password` (not that of the registration). The answer to a registration is the
//   same for an address that has an account, after the same work.
// Threads: any loop.
#pragma once

#include <string>
#include <vector>

#include "core/user.h"
#include "people/notice.h"
#include "store/link.h"

namespace ph::people {

struct RegistrationWish {
  std::string email;
  std::string password;
  std::string account;  // its name
  std::string language;
  std::string invitation;  // its token; empty: none
};

struct Confirmation {
  std::string token;
  std::string password;
  std::string from;
};

struct RegistrationView {
  std::string mode;  // open, invitation, closed
  bool mail = false;  // links are mailed; else the operator hands them out
};

// What the operator hands out where no mail can.
struct OpenLink {
  store::LinkRow row;
  std::string address;
};

class Registration {
 public:
  Registration(core::Context& context, Notices& notices) : context_(context), notices_(notices) {}

  net::Task<core::Outcome<RegistrationView>> view();
  net::Task<core::Outcome<>> begin(RegistrationWish wish);
  // With the password of the registration: whose the mailbox is and who registered are one. Gives
  // the address that may sign in now.
  net::Task<core::Outcome<std::string>> confirm(Confirmation confirmation);
  // Links that are open; which ones he saw stands in the audit log.
  net::Task<core::Outcome<std::vector<OpenLink>>> links(core::Actor actor, store::LinkId after,
                                                        size_t limit);

 private:
  net::Task<core::Outcome<store::LinkId>> admit(const RegistrationWish& wish);

  core::Context& context_;
  Notices& notices_;
};

// The account and its owner; ends the link. Also for who was invited by the operator.
core::Outcome<store::UserRow> make_customer(store::Tx& tx, const store::LinkRow& link,
                                            const std::string& from);

}  // namespace ph::people

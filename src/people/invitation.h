// Purpose: who is invited: by an account's owner or administrator to that account, by the operator
//   to an account of his own.
// Shapes: an invitation is to one address, for a role (and maybe a policy), good for 7 days and
//   once. Nobody invites who may do more than himself. The link goes by mail; where no mail can,
//   and while the account is not activated, who could have made it has it to hand out. It ends with
//   what its maker may do.
// Errors: not_found (in `token` or `invitation`), conflict (the address has a user), user_limit,
//   request_rate_limit and account_suspended (an account's mails to strangers have bounds).
// Threads: any loop.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/user.h"
#include "people/notice.h"
#include "store/link.h"

namespace ph::people {

struct InvitationWish {
  AccountId account;  // 0: by the operator, to an account of one's own
  std::string email;
  core::Role role = core::Role::owner;
  core::Policy policy = {};
  std::string account_name;  // of the account of one's own; empty: of the address's domain
};

struct InvitationView {
  store::LinkRow row;
  std::string state;    // open, used, withdrawn, expired
  std::string address;  // of the link, where no mail can carry it; else empty
};

// What the link's page shows.
struct Invited {
  std::string email;
  std::string account;
  core::Role role = core::Role::owner;
};

struct InvitationAnswer {
  std::string token;
  std::string password;
  std::string language;
  std::string from;
};

class Invitations {
 public:
  Invitations(core::Context& context, Notices& notices) : context_(context), notices_(notices) {}

  net::Task<core::Outcome<InvitationView>> create(core::Actor actor, InvitationWish wish);
  // Of the account; for the operator's own invitations Account 0.
  net::Task<core::Outcome<std::vector<InvitationView>>> list(core::Actor actor, AccountId account,
                                                             store::LinkId after, size_t limit);
  net::Task<core::Outcome<>> withdraw(core::Actor actor, AccountId account, store::LinkId id);
  net::Task<core::Outcome<Invited>> look(std::string token);
  // Gives the address that may sign in now.
  net::Task<core::Outcome<std::string>> accept(InvitationAnswer answer);

 private:
  net::Task<bool> mails(AccountId account);

  core::Context& context_;
  Notices& notices_;
};

}  // namespace ph::people

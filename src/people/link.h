// Purpose: what a link's token is: made, kept, judged, put into an address.
// Shapes: 256 random bits as a bearer token; the row keeps its SHA-256, and the token sealed for an
//   operator who hands the link out. The token stands in the address's fragment, so that no server
//   and no log on the way sees it.
// Errors: not_found in `token`, the same for one that is unknown, was used, withdrawn or expired.
// Threads: keep_link() and good_link() on the store's threads; the rest any.
#pragma once

#include <initializer_list>
#include <string>

#include "core/context.h"
#include "core/reason.h"
#include "store/link.h"

namespace ph::people {

struct FreshLink {
  std::string token;
  store::LinkRow row;  // its id once it is kept
};

FreshLink fresh_link(core::Context& context, store::LinkRow row);
Duration kept_for(store::LinkKind kind);
core::Outcome<store::LinkRow> keep_link(store::Tx& tx, core::Context& context,
                                        const FreshLink& link);
// One that ended before it began: what is written for who must not learn that nothing was done.
core::Outcome<> keep_ended_link(store::Tx& tx, core::Context& context, const FreshLink& link);
core::Outcome<store::LinkRow> good_link(sql::Connection& sql, std::string_view token,
                                        std::initializer_list<store::LinkKind> kinds,
                                        WallTime now);
// Whether there were so many of this kind to that address that another would flood it.
core::Outcome<bool> too_many_links(store::Tx& tx, const store::LinkRow& row);

// BASE/confirm#token=…
std::string link_address(std::string_view base, store::LinkKind kind, std::string_view token);
core::Outcome<std::string> sealed_token(const core::Context& context, const store::LinkRow& row);

}  // namespace ph::people

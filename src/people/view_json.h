// Purpose: invitations, links and sessions as JSON, in one shape for REST and the command line.
// Threads: pure.
#pragma once

#include "json/json.h"
#include "people/invitation.h"
#include "people/registration.h"

namespace ph::people {

json::Value invitation_json(const InvitationView& view);
json::Value registration_invitation_json(const InvitationView& view);
json::Value link_json(const OpenLink& link);
// `mine`: the hash of the token that asks; empty where none does.
json::Value session_json(const store::SessionRow& row, std::string_view mine);

}  // namespace ph::people

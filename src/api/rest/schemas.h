// Purpose: the named schemas of requests and responses.
// Not here: how they are checked (schema.h); which route uses which (routes_*.cpp).
#pragma once

#include "api/rest/schema.h"

namespace ph::rest::schemas {

// requests
extern const Schema kSignIn, kNewAccount, kLimits, kNewUser, kPassword, kNewKey, kNewDomain, kForce,
    kTags, kQueueWish, kNewAddress, kSmtpPassword, kNewMessage, kMessageWish, kNewBulk, kLanguage,
    kSetup;
// responses
extern const Schema kSession, kAccount, kUser, kKey, kMadeKey, kDomain, kAddress, kAccepted,
    kMessage, kMessageView, kBulk, kBulkView, kEvent, kInboxMail, kQueueSummary, kQueueLate,
    kQueueSites, kQueueExplanation, kChanged, kInstallation, kStatistics, kReadMail, kProblem;

// Each once, for the document.
std::span<const Schema* const> all();

}  // namespace ph::rest::schemas

// Purpose: the named schemas of requests and responses.
// Not here: how they are checked (schema.h); which route uses which (routes_*.cpp).
#pragma once

#include "api/rest/schema.h"

namespace ph::rest::schemas {

// requests
extern const Schema kSignIn, kNewAccount, kLimits, kNewUser, kPassword, kNewKey, kNewDomain, kForce,
    kTags, kQueueWish, kNewAddress, kSmtpPassword, kNewMessage, kMessageWish, kNewBulk, kLanguage,
    kSetup;
extern const Schema kIdentityWish, kSettingValues, kNewAgreement, kSuspend, kRejection;
extern const Schema kNewRegistration, kLinkToken, kResetWish, kResetAnswer, kOwnPassword,
    kRegistrationProof,
    kPasswordProof, kCodeProof, kProof, kUserChange, kNewInvitation, kInvitationAnswer,
    kNewRegistrationInvitation, kImpersonation;
// responses
extern const Schema kNothing, kRegistration, kConfirmed, kMe, kNewSecondFactor, kRecoveryCodes,
    kMySessions, kEnded, kInvitation, kRegistrationInvitation, kInvited, kOpenLink, kAuditRow;
extern const Schema kSession, kAccount, kUser, kKey, kMadeKey, kDomain, kAddress, kAccepted,
    kMessage, kMessageView, kBulk, kBulkView, kEvent, kInboxMail, kQueueSummary, kQueueLate,
    kQueueSites, kQueueExplanation, kChanged, kInstallation, kStatistics, kReadMail, kProblem;
extern const Schema kIdentity, kEvidence, kIdentityReview, kSetting, kAgreement, kCustomer,
    kCustomerView;

extern const Schema kAccept, kPostPaid, kPurchase, kPlanChange, kNewGrant, kNewPayment, kNewOffer,
    kOfferChange, kNewPrice, kPaymentEvent, kUnblockWish, kNewLevel, kUnblock;
extern const Schema kActivation, kBilling, kPackage, kOffer, kPrice, kUsage, kBill, kBillView,
    kLedgerEntry, kQuota, kAsked;

std::span<const Schema* const> people_schemas();
std::span<const Schema* const> billing_schemas();  // schemas_billing.cpp
std::span<const Schema* const> customer_schemas();  // schemas_customer.cpp
// Each once, for the document.
std::span<const Schema* const> all();

}  // namespace ph::rest::schemas

#include "billing/webhook.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/settings.h"
#include "core/transaction.h"
#include "crypto/hash.h"

namespace ph::billing {
namespace {

std::unexpected<core::Refusal> wrong_signature(std::string why) {
  return refuse(Reason::unauthenticated, std::move(why), "Posthouse-Signature");
}

std::string digest_of(std::string_view secret, int64_t at, std::string_view body) {
  auto digest = crypto::hmac_sha256(secret, fmt::format("{}.{}", at, body));
  return std::string(crypto::view(digest));
}

Outcome<> check_event(const PaymentEvent& event) {
  const std::string& id = event.event_id;
  if (id.empty()) return refuse(Reason::missing_field, "An event has an id.", "event_id");
  if (id.size() > limits::kPaymentReference || !is_utf8(id) || has_control(id))
    return refuse(Reason::invalid_field, "An event's id is a short text.", "event_id");
  if (event.payment.amount <= 0)
    return refuse(Reason::invalid_field, "A payment is more than 0.", "amount");
  return {};
}

Outcome<> take_now(store::Tx& tx, const PaymentCall& call) {
  auto account = store::account_by_app_id_for_operator(tx.sql(), call.event.app_id);
  if (!account && account.error().code == Errc::not_found)
    return refuse(Reason::not_found, "There is no such account.", "account");
  AccountId id = REFUSE_TRY(std::move(account)).id;
  auto hash = crypto::sha256(call.body);
  store::PaymentEventRow row{.event_id = call.event.event_id,
                             .account_id = id,
                             .body_hash = std::string(crypto::view(hash)),
                             .at = tx.now()};
  auto had = REFUSE_TRY(store::take_payment_event_for_operator(tx.sql(), row));
  if (had && had->body_hash == row.body_hash) return {};
  if (had) return refuse(Reason::conflict, "This event was told with other words.", "event_id");
  Actor provider{.kind = Actor::Kind::control, .role = core::Role::operator_};
  provider.from = call.from;
  REFUSE_TRY(take_payment(tx, provider, id, call.event.payment));
  return {};
}

}  // namespace

core::Outcome<WebhookSignature> parse_webhook_signature(std::string_view header) {
  if (header.size() > limits::kWebhookSignature) return wrong_signature("The header is too long.");
  WebhookSignature out;
  bool timed = false;
  for (std::string_view part : split(header, ',')) {
    part = trim(part);
    if (part.starts_with("t=")) {
      auto at = parse_number<int64_t>(part.substr(2));
      if (timed || !at || *at < 0) return wrong_signature("t is one UNIX time.");
      timed = true;
      out.at = *at;
    } else if (part.starts_with("v1=")) {
      auto digest = hex_decode(part.substr(3));
      if (!digest || digest->size() != crypto::Digest{}.size())
        return wrong_signature("v1 is 64 hexadecimal digits.");
      out.digests.push_back(std::move(*digest));
    } else {
      return wrong_signature("The header is t=UNIX,v1=HEX.");
    }
  }
  if (!timed || out.digests.empty()) return wrong_signature("The header is t=UNIX,v1=HEX.");
  return out;
}

std::string sign_webhook(std::string_view secret, int64_t at, std::string_view body) {
  return fmt::format("t={},v1={}", at, hex_encode(digest_of(secret, at, body)));
}

core::Outcome<> check_webhook(std::string_view secret, std::string_view header,
                              std::string_view body, WallTime now) {
  auto signature = REFUSE_TRY(parse_webhook_signature(header));
  if (secret.empty()) return wrong_signature("Payments are not taken this way.");
  auto most = std::chrono::duration_cast<std::chrono::seconds>(limits::kWebhookAge).count();
  int64_t age = now.seconds() - signature.at;
  if (age > most || age < -most) return wrong_signature("The signature is not of now.");
  std::string wanted = digest_of(secret, signature.at, body);
  bool right = false;
  for (const std::string& digest : signature.digests)
    right = equal_constant_time(digest, wanted) || right;
  if (!right) return wrong_signature("The signature is not of this body under our secret.");
  return {};
}

net::Task<Outcome<>> Webhook::take(PaymentCall call) {
  auto read = [&master = context_.master](sql::Connection& sql) -> Outcome<std::string> {
    return REFUSE_TRY(core::setting_secret(sql, master, "billing.webhook_secret"));
  };
  std::string secret =
      CO_REFUSE_TRY(co_await core::look<std::string>(context_, std::move(read)));
  CO_REFUSE_TRY(check_webhook(secret, call.signature, call.body, context_.clock.wall()));
  CO_REFUSE_TRY(check_event(call.event));
  auto job = [call = std::move(call)](store::Tx& tx) { return take_now(tx, call); };
  co_return co_await core::transact<void>(context_, std::move(job));
}

}  // namespace ph::billing

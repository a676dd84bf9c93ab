#include "people/second_factor.h"

#include <fmt/format.h>

#include "core/audit.h"
#include "core/transaction.h"
#include "crypto/totp.h"
#include "store/second_factor.h"

namespace ph::people {
namespace {

using core::CodeVerdict;
using core::Outcome;
using core::Reason;
using core::refuse;
using Codes = std::vector<std::string>;

constexpr const char* kIssuer = "Posthouse";

std::vector<std::string> hashes_of(const Codes& codes) {
  std::vector<std::string> out;
  for (const std::string& code : codes) out.push_back(core::recovery_code_hash(code));
  return out;
}

Outcome<> record(store::Tx& tx, const core::Actor& actor, AccountId account, UserId user,
                 std::string_view action) {
  REFUSE_TRY(core::record_change(tx, actor,
                                 {.account = account,
                                  .action = action,
                                  .object = fmt::format("user:{}", user.value)}));
  return {};
}

Outcome<store::UserRow> own_user(sql::Connection& sql, const core::Actor& actor) {
  auto row = store::user(sql, core::home_account(actor), actor.user);
  if (!row && row.error().code == Errc::not_found)
    return refuse(Reason::forbidden, "Only a person has a second factor.");
  return REFUSE_TRY(std::move(row));
}

Outcome<> end_others(store::Tx& tx, UserId user, const std::string& token) {
  auto kept = store::session_for_sign_in(tx.sql(), core::session_hash(token), tx.now());
  REFUSE_TRY(store::end_sessions_of_user(tx.sql(), user));
  if (kept && kept->user.id == user)
    REFUSE_TRY(store::insert_session_for_sign_in(tx.sql(), kept->session));
  return {};
}

// As a field of a form: who asks is signed in already.
Outcome<> judged(CodeVerdict verdict) {
  auto out = core::refuse_code(verdict);
  if (!out && out.error().reason == Reason::unauthenticated)
    out.error().reason = Reason::invalid_field;
  return out;
}

}  // namespace

net::Task<Outcome<NewFactor>> SecondFactors::begin(Proof proof) {
  core::Actor actor = proof.actor;
  CO_REFUSE_TRY(co_await users_.check_own_password(actor, proof.password));
  std::string secret = crypto::new_totp_secret(context_.random);
  std::string sealed =
      context_.master.seal(secret, core::second_factor_place(actor.user), context_.random);
  auto job = [actor, secret, sealed](store::Tx& tx) -> Outcome<NewFactor> {
    auto user = REFUSE_TRY(own_user(tx.sql(), actor));
    if (user.second_factor)
      return refuse(Reason::conflict, "You have a second factor. Remove it first.");
    REFUSE_TRY(store::put_second_factor(
        tx.sql(), {.user_id = user.id, .secret_sealed = sealed, .created_at = tx.now()}));
    return NewFactor{.secret = crypto::totp_secret_text(secret),
                     .uri = crypto::otpauth_uri(kIssuer, user.email, secret)};
  };
  co_return co_await core::transact<NewFactor>(context_, std::move(job), core::Changes::mail);
}

net::Task<Outcome<Codes>> SecondFactors::confirm(Proof proof) {
  Codes codes = core::new_recovery_codes(context_.random);
  auto job = [this, proof, codes](store::Tx& tx) -> Outcome<Codes> {
    auto user = REFUSE_TRY(own_user(tx.sql(), proof.actor));
    auto row = store::second_factor(tx.sql(), user.id);
    if (user.second_factor || (!row && row.error().code == Errc::not_found))
      return refuse(Reason::conflict, "There is no second factor to confirm.");
    auto factor = REFUSE_TRY(std::move(row));
    std::string secret = REFUSE_TRY(
        context_.master.open(factor.secret_sealed, core::second_factor_place(user.id)));
    auto step = crypto::totp_match(secret, proof.code, tx.now());
    if (!step) REFUSE_TRY(judged(CodeVerdict::wrong));
    REFUSE_TRY(store::take_second_factor_step(tx.sql(), user.id, step.value()));
    REFUSE_TRY(store::confirm_second_factor(tx.sql(), user.account_id, user.id, tx.now()));
    REFUSE_TRY(store::put_recovery_codes(tx.sql(), user.id, hashes_of(codes)));
    REFUSE_TRY(end_others(tx, user.id, proof.session));
    REFUSE_TRY(record(tx, proof.actor, user.account_id, user.id, "second_factor.create"));
    return codes;
  };
  co_return co_await core::transact<Codes>(context_, std::move(job), core::Changes::mail);
}

net::Task<Outcome<>> SecondFactors::remove(Proof proof) {
  CO_REFUSE_TRY(co_await users_.check_own_password(proof.actor, proof.password));
  auto job = [this, proof](store::Tx& tx) -> Outcome<CodeVerdict> {
    auto user = REFUSE_TRY(own_user(tx.sql(), proof.actor));
    if (!user.second_factor) return refuse(Reason::conflict, "You have no second factor.");
    auto verdict = REFUSE_TRY(core::judge_code(
        tx, context_.master,
        {.user = user.id, .code = proof.code, .familiar = proof.familiar}));
    if (verdict != CodeVerdict::right) return verdict;
    REFUSE_TRY(store::delete_second_factor(tx.sql(), user.account_id, user.id));
    REFUSE_TRY(record(tx, proof.actor, user.account_id, user.id, "second_factor.delete"));
    return verdict;
  };
  auto verdict =
      co_await core::transact<CodeVerdict>(context_, std::move(job), core::Changes::mail);
  co_return judged(CO_REFUSE_TRY(std::move(verdict)));
}

net::Task<Outcome<Codes>> SecondFactors::renew_codes(Proof proof) {
  CO_REFUSE_TRY(co_await users_.check_own_password(proof.actor, proof.password));
  Codes codes = core::new_recovery_codes(context_.random);
  auto job = [this, proof, codes](store::Tx& tx) -> Outcome<CodeVerdict> {
    auto user = REFUSE_TRY(own_user(tx.sql(), proof.actor));
    if (!user.second_factor) return refuse(Reason::conflict, "You have no second factor.");
    auto verdict = REFUSE_TRY(core::judge_code(
        tx, context_.master,
        {.user = user.id, .code = proof.code, .familiar = proof.familiar}));
    if (verdict != CodeVerdict::right) return verdict;
    REFUSE_TRY(store::put_recovery_codes(tx.sql(), user.id, hashes_of(codes)));
    REFUSE_TRY(end_others(tx, user.id, proof.session));
    REFUSE_TRY(record(tx, proof.actor, user.account_id, user.id, "second_factor.codes"));
    return verdict;
  };
  auto verdict =
      co_await core::transact<CodeVerdict>(context_, std::move(job), core::Changes::mail);
  CO_REFUSE_TRY(judged(CO_REFUSE_TRY(std::move(verdict))));
  co_return codes;
}

net::Task<Outcome<int64_t>> SecondFactors::codes_left(core::Actor actor) {
  auto job = [actor](sql::Connection& sql) -> Outcome<int64_t> {
    return REFUSE_TRY(store::recovery_code_count(sql, actor.user));
  };
  co_return co_await core::look<int64_t>(context_, std::move(job));
}

net::Task<Outcome<>> SecondFactors::reset(core::Actor actor, AccountId named, UserId id) {
  if (!core::allowed(actor, core::Action::manage_users))
    co_return refuse(Reason::forbidden, "Your role may not manage users.");
  if (actor.kind == core::Actor::Kind::key)
    co_return refuse(Reason::forbidden, "Only a person manages users: sign in.");
  AccountId account = named;
  if (!actor.is_operator()) account = CO_REFUSE_TRY(core::acting_account(actor, named));
  if (id == actor.user)
    co_return refuse(Reason::conflict, "Your own is removed with a code of it.", "user");
  auto job = [actor, account, id](store::Tx& tx) -> Outcome<> {
    auto row = store::user(tx.sql(), account, id);
    if (!row && row.error().code == Errc::not_found)
      return refuse(Reason::not_found, "There is no such user.", "user");
    auto user = REFUSE_TRY(std::move(row));
    REFUSE_TRY(core::may_take_over(actor, user));
    REFUSE_TRY(store::delete_second_factor(tx.sql(), account, id));
    REFUSE_TRY(store::end_sessions_of_user(tx.sql(), id));
    return record(tx, actor, account, id, "second_factor.reset");
  };
  co_return co_await core::transact<void>(context_, std::move(job), core::Changes::mail);
}

}  // namespace ph::people

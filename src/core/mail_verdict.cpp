#include "core/mail_verdict.h"

#include "base/limits.h"
#include "mailauth/dkim_verify.h"
#include "mailauth/dmarc_check.h"
#include "mailauth/spf_check.h"
#include "net/worker_pool.h"

namespace ph::core {
namespace {

mailauth::TxtAnswer texts_of(const dns::Answer& answer) {
  using State = mailauth::TxtAnswer::State;
  if (answer.ok()) return {State::found, answer.texts()};
  return {answer.absent() ? State::none : State::temporary, {}};
}

using mailauth::DkimVerifier;

std::vector<std::string> key_names(std::string_view content, const mailauth::DkimOptions& options) {
  auto verifier = DkimVerifier::parse(content, options);
  return verifier ? verifier->names() : std::vector<std::string>();
}

}  // namespace

net::Task<Outcome<MailVerdict>> judge_mail(Context& context, store::InboxRow row,
                                           std::string content, std::string from) {
  Deadline deadline = Deadline::in(context.clock, limits::kDnsInteractive);
  MailVerdict out;
  mailauth::DmarcInput dmarc{.from_domain = std::move(from), .dkim_domains = {}, .spf_domain = {}};
  mailauth::DkimOptions options{.now = context.clock.wall()};
  std::vector<mailauth::TxtAnswer> answers;
  for (const std::string& name : key_names(content, options))
    answers.push_back(texts_of(co_await context.direct.query({name, dns::Type::txt}, deadline)));
  // Hashes of whole bodies and RSA are no work for a loop.
  auto judge = [content = std::move(content), options, answers = std::move(answers)] {
    auto verifier = DkimVerifier::parse(content, options);
    return verifier ? verifier->judge(answers) : std::vector<mailauth::DkimVerdict>();
  };
  // A DNS that used all of its time is a verdict, too.
  Deadline own = Deadline::in(context.clock, limits::kStoreWait);
  auto verdicts = CO_REFUSE_TRY(co_await net::run_on(context.crypto_pool, std::move(judge), own));
  for (const mailauth::DkimVerdict& v : verdicts) {
    out.dkim.push_back({v.domain, v.selector, v.algorithm, mailauth::dkim_result_name(v.result)});
    if (v.result == mailauth::DkimResult::pass) dmarc.dkim_domains.push_back(v.domain);
  }
  if (!context.installation.sending_ips.empty()) {
    mailauth::SpfInput input{.ip = context.installation.sending_ips.front(),
                             .helo = row.helo,
                             .mail_from = row.mail_from,
                             .now_seconds = context.clock.wall().seconds()};
    auto spf = co_await mailauth::check_spf(context.direct, std::move(input), deadline);
    out.spf = mailauth::spf_result_name(spf.result);
    if (out.spf == "pass") dmarc.spf_domain = spf.domain;
  }
  if (dmarc.from_domain.empty()) co_return out;
  auto judged = co_await mailauth::check_dmarc(context.direct, std::move(dmarc), deadline);
  out.dmarc = mailauth::dmarc_result_name(judged.result);
  co_return out;
}

}  // namespace ph::core

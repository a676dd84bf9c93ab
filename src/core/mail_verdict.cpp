#include "core/mail_verdict.h"

#include "base/limits.h"
#include "mailauth/dkim_verify.h"
#include "mailauth/dmarc_check.h"
#include "mailauth/spf_check.h"

namespace ph::core {
namespace {

mailauth::TxtAnswer texts_of(const dns::Answer& answer) {
  using State = mailauth::TxtAnswer::State;
  if (answer.ok()) return {State::found, answer.texts()};
  return {answer.absent() ? State::none : State::temporary, {}};
}

}  // namespace

net::Task<MailVerdict> judge_mail(Context& context, store::InboxRow row, std::string content,
                                  std::string from) {
  Deadline deadline = Deadline::in(context.clock, limits::kDnsInteractive);
  MailVerdict out;
  mailauth::DmarcInput dmarc{.from_domain = std::move(from), .dkim_domains = {}, .spf_domain = {}};
  mailauth::DkimOptions options{.now = context.clock.wall()};
  auto verifier = mailauth::DkimVerifier::parse(content, options);
  if (verifier) {
    std::vector<mailauth::TxtAnswer> answers;
    for (const std::string& name : verifier->names())
      answers.push_back(texts_of(co_await context.direct.query({name, dns::Type::txt}, deadline)));
    for (const mailauth::DkimVerdict& v : verifier->judge(answers)) {
      out.dkim.push_back({v.domain, v.selector, v.algorithm, mailauth::dkim_result_name(v.result)});
      if (v.result == mailauth::DkimResult::pass) dmarc.dkim_domains.push_back(v.domain);
    }
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

#include "mailauth/spf_check.h"

#include "mailauth/spf_evaluation.h"

namespace ph::mailauth {

dns::Inquiry<SpfResult> spf_inquiry(SpfInput input) {
  SpfMemo memo;
  SpfEvaluation evaluation(std::move(input), memo);
  evaluation.out.result =
      co_await spf_check_host(evaluation, evaluation.sender_domain, SpfExplain::yes);
  bool error = evaluation.out.result == SpfResultCode::temperror ||
               evaluation.out.result == SpfResultCode::permerror;
  if (!error) evaluation.out.problem.clear();
  if (error) evaluation.out.matched.clear();
  co_return std::move(evaluation.out);
}

net::Task<SpfResult> check_spf(dns::Resolver& resolver, SpfInput input, Deadline deadline) {
  co_return co_await dns::inquire(spf_inquiry(std::move(input)), resolver, deadline);
}

}  // namespace ph::mailauth

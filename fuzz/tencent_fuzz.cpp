// Any body and any form through the table of the Tencent door's actions: what passes has only
// parameters that the table knows, and what does not is told in both languages.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/tencent/action.h"
#include "api/tencent/form.h"
#include "api/tencent/send_content.h"
#include "base/check.h"
#include "base/text.h"
#include "core/message_id.h"
#include "json/json.h"
#include "net/http.h"

namespace {

using namespace ph;
using namespace ph::tencent;

void judge(const Action& action, const Judged<>& outcome, const json::Value& body) {
  if (!outcome) {
    for (Language language : {Language::chinese, Language::english})
      PH_CHECK(is_utf8(message_of(outcome.error().code, language, outcome.error().parameter)));
    return;
  }
  for (const json::Member& member : body.as_object())
    PH_CHECK(std::ranges::count(action.parameters, member.name, &Parameter::name) == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto body = json::parse(text, 1u << 20);
  auto form = net::parse_query(text);
  for (const Action* action : all_actions()) {
    if (body) judge(*action, check_parameters(action->parameters, *body), *body);
    if (!form) continue;
    auto read = read_form(action->parameters, *form);
    if (!read) continue;
    judge(*action, check_parameters(action->parameters, *read), *read);
  }
  auto id = core::parse_tencent_message_id(text);
  PH_CHECK(!id || core::format_tencent_message_id(*id) == text);
  static_cast<void>(attachment_type(text));
  return 0;
}

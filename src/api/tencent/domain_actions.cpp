#include <algorithm>

#include "api/tencent/refusal.h"
#include "core/domain.h"

namespace ph::tencent {
namespace {

using json::Value;

constexpr int64_t kBits1024 = 0, kBits2048 = 1, kBothLengths = 2;  // DKIMOption
constexpr int64_t kWordMost = 255;                                 // octets of a domain's name

// Level → mails a day, as the original publishes them.
constexpr int64_t kLevels[] = {500,     1'000,   2'000,   5'000,   10'000,  20'000,   40'000,
                               60'000,  80'000,  100'000, 150'000, 200'000, 300'000,  400'000,
                               500'000, 600'000, 700'000, 800'000, 900'000, 1'000'000};

Value record_value(const core::RecordFinding& record) {
  std::string found;
  for (const std::string& value : record.found) found += (found.empty() ? "" : "\n") + value;
  return Value::object({{"Type", record.type},
                        {"SendDomain", record.host},
                        {"ExpectedValue", record.expected},
                        {"CurrentValue", found},
                        {"Status", record.state == core::RecordState::ok}});
}

// The records that are needed; what is offered beside them is not part of this door's answer,
// whose clients wait until each is found.
Value attributes_of(const core::DomainView& view) {
  Value out = Value::array();
  for (const core::RecordFinding& record : view.check.records)
    if (!record.optional) out.push(record_value(record));
  return out;
}

int64_t dkim_option_of(const core::DomainView& view) {
  return view.row.dkim_bits <= 1024 ? kBits1024 : kBits2048;
}

Value identity_answer(const core::DomainView& view) {
  return Value::object({{"IdentityType", "DOMAIN"},
                        {"VerifiedForSendingStatus", core::may_send(view.state)},
                        {"Attributes", attributes_of(view)},
                        {"DKIMOption", dkim_option_of(view)}});
}

// Tags are not kept: what has some is not made without them, and a list of those with a tag would
// be a list of all.
Judged<> read_tags(const Call& call) {
  const Value* tags = call.find("TagList");
  if (tags != nullptr && !tags->as_array().empty()) return fault(Code::unsupported, "TagList");
  return {};
}

net::Task<Reply> create_identity(Call& call) {
  CO_TRY(read_tags(call));
  bool small = call.number("DKIMOption") == kBits1024;
  auto rsa = small ? crypto::NewKey::rsa_1024 : crypto::NewKey::rsa_2048;
  auto made =
      co_await call.services.domains.create(call.actor, {}, call.text("EmailIdentity"), rsa);
  co_return identity_answer(CO_TRY(judged(call, std::move(made))));
}

net::Task<Reply> get_identity(Call& call) {
  Value out = identity_answer(CO_TRY(judged(
      call, co_await call.services.domains.get(call.actor, {}, call.text("EmailIdentity")))));
  out.set("TagList", Value::array());
  co_return out;
}

// NewAPI chooses between two consoles of the original; the answer is the same for both.
net::Task<Reply> update_identity(Call& call) {
  const std::string& name = call.text("EmailIdentity");
  if (auto option = call.number("DKIMOption")) {
    auto view = CO_TRY(judged(call, co_await call.services.domains.get(call.actor, {}, name)));
    if (*option != dkim_option_of(view)) co_return fault(Code::dkim_not_applied, "DKIMOption");
  }
  co_return identity_answer(
      CO_TRY(judged(call, co_await call.services.domains.verify(call.actor, {}, name))));
}

using Views = std::vector<core::DomainView>;

net::Task<Judged<Views>> all_domains(Call& call) {
  Views out;
  DomainId after;
  while (out.size() < limits::kTencentRows) {
    auto page = CO_TRY(judged(
        call, co_await call.services.domains.list(call.actor, {}, after, limits::kPageMost)));
    bool last = page.size() < limits::kPageMost;
    if (!page.empty()) after = page.back().row.id;
    std::ranges::move(page, std::back_inserter(out));
    if (last) break;
  }
  co_return out;
}

int64_t level_of(int64_t daily) {
  return std::ranges::upper_bound(kLevels, daily) - std::begin(kLevels);
}

net::Task<Reply> list_identities(Call& call) {
  CO_TRY(read_tags(call));
  auto account = CO_TRY(judged(call, co_await call.services.accounts.get(call.actor, {})));
  // No limit is shown as the most that the original gives.
  int64_t daily = account.limits.daily_per_domain;
  if (daily == 0) daily = std::rbegin(kLevels)[0];
  Views views = CO_TRY(co_await all_domains(call));
  auto total = static_cast<int64_t>(views.size());
  int64_t from = std::min(call.number("Offset").value_or(0), total);
  int64_t limit = call.number("Limit").value_or(0);
  int64_t to = limit == 0 ? total : from + std::min(limit, total - from);
  Value list = Value::array();
  for (auto at = static_cast<size_t>(from); at < static_cast<size_t>(to); ++at) {
    const core::DomainView& view = views[at];
    list.push(Value::object({{"IdentityName", view.row.name},
                             {"IdentityType", "DOMAIN"},
                             {"SendingEnabled", core::may_send(view.state)},
                             {"CurrentReputationLevel", level_of(daily)},
                             {"DailyQuota", daily},
                             {"SendIp", Value::array()},
                             {"TagList", Value::array()},
                             {"DKIMOption", dkim_option_of(view)}}));
  }
  co_return Value::object({{"EmailIdentities", std::move(list)},
                           {"MaxReputationLevel", level_of(daily)},
                           {"MaxDailyQuota", daily},
                           {"Total", total}});
}

net::Task<Reply> delete_identity(Call& call) {
  // As there: a verified one goes for an enterprise alone.
  CO_TRY(judged(call, co_await call.services.domains.remove(
                          call.actor, {}, call.text("EmailIdentity"),
                          core::MayDelete::enterprise)));
  co_return Value::object();
}

const Parameter kIdentity{.name = "EmailIdentity",
                          .presence = Presence::required,
                          .most = kWordMost,
                          .wrong = Code::invalid_identity};
const Parameter kIdentityThatIs{.name = "EmailIdentity",
                                .presence = Presence::required,
                                .most = kWordMost,
                                .wrong = Code::not_exist_domain};

const Parameter kDkimOption{.name = "DKIMOption", .kind = Kind::integer, .most = kBits2048};
const Parameter kTags{.name = "TagList",
                      .kind = Kind::objects,
                      .items = limits::kTencentTags,
                      .members = {{.name = "TagKey"}, {.name = "TagValue"}}};

}  // namespace

std::span<const Action> domain_actions() {
  static const Action actions[] = {
      {.name = "CreateEmailIdentity",
       .access = core::Action::manage_domains,
       .parameters = {kIdentity, kDkimOption, kTags},
       .codes = {Code::created_by_other, Code::invalid_identity, Code::public_suffix,
                 Code::hosts_mailboxes, Code::repeat_creation, Code::exceed_domain_limit},
       .fields = {{"domain", "EmailIdentity"}},
       .exists = Code::repeat_creation,
       .run = create_identity},
      {.name = "GetEmailIdentity",
       .access = core::Action::view,
       .parameters = {kIdentityThatIs},
       .codes = {Code::not_exist_domain},
       .fields = {{"domain", "EmailIdentity"}},
       .absent = Code::not_exist_domain,
       .run = get_identity},
      {.name = "UpdateEmailIdentity",
       .access = core::Action::manage_domains,
       .parameters = {kIdentityThatIs,
                      {.name = "DKIMOption", .kind = Kind::integer, .most = kBothLengths},
                      {.name = "NewAPI", .kind = Kind::boolean}},
       .codes = {Code::not_exist_domain, Code::dkim_not_applied, Code::check_not_available,
                 Code::hosts_mailboxes},
       .fields = {{"domain", "EmailIdentity"}},
       .absent = Code::not_exist_domain,
       .temporary = Code::check_not_available,
       .run = update_identity},
      {.name = "ListEmailIdentities",
       .access = core::Action::view,
       .parameters = {kTags,
                      {.name = "Limit", .kind = Kind::integer, .most = INT64_MAX},
                      {.name = "Offset", .kind = Kind::integer, .most = INT64_MAX}},
       .codes = {},
       .fields = {},
       .run = list_identities},
      {.name = "DeleteEmailIdentity",
       .access = core::Action::manage_domains,
       .parameters = {kIdentityThatIs},
       .codes = {Code::not_allow_delete, Code::domain_not_empty, Code::not_exist_domain},
       .fields = {{"domain", "EmailIdentity"}},
       .absent = Code::not_exist_domain,
       .exists = Code::not_allow_delete,
       .run = delete_identity},
  };
  return actions;
}

}  // namespace ph::tencent

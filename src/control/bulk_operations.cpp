#include "base/id_source.h"
#include "control/operation_table.h"
#include "core/bulk.h"

namespace ph::control {
namespace {

using core::BulkVerb;
using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

Outcome<BulkId> bulk_id(const Arguments& a) {
  auto id = parse_id(REFUSE_TRY(a.text("id")));
  if (!id) return refuse(Reason::not_found, "There is no such bulk job.", "id");
  return BulkId(*id);
}

net::Task<Outcome<AccountId>> account_of(const Services& s, BulkId id) {
  auto find = [id](sql::Connection& sql) -> Result<AccountId> {
    return TRY(store::bulk_job_for_queue(sql, id)).account_id;
  };
  auto account = co_await s.context.store.read<AccountId>(std::move(find));
  if (!account) co_return refuse(Reason::not_found, "There is no such bulk job.", "id");
  co_return *account;
}

net::Task<Answer> bulk_list(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  auto rows =
      CO_REFUSE_TRY(co_await s.bulks.list(control_actor(), account, BulkId{}, limits::kPageMost));
  Value items = Value::array();
  for (const store::BulkJobRow& row : rows) items.push(core::bulk_json(row));
  co_return Value::object({{"items", items}});
}

net::Task<Answer> bulk_show(const Services& s, const Arguments& a) {
  BulkId id = CO_REFUSE_TRY(bulk_id(a));
  AccountId account = CO_REFUSE_TRY(co_await account_of(s, id));
  co_return core::bulk_view_json(CO_REFUSE_TRY(co_await s.bulks.get(control_actor(), account, id)));
}

template <BulkVerb kVerb>
net::Task<Answer> bulk_move(const Services& s, const Arguments& a) {
  BulkId id = CO_REFUSE_TRY(bulk_id(a));
  AccountId account = CO_REFUSE_TRY(co_await account_of(s, id));
  co_return core::bulk_view_json(
      CO_REFUSE_TRY(co_await s.bulks.move(control_actor(), account, id, kVerb)));
}

}  // namespace

std::span<const Operation> bulk_operations() {
  static const Operation operations[] = {
      {"bulk.list", {"account"}, bulk_list},
      {"bulk.show", {"id"}, bulk_show},
      {"bulk.pause", {"id"}, bulk_move<BulkVerb::pause>},
      {"bulk.resume", {"id"}, bulk_move<BulkVerb::resume>},
      {"bulk.cancel", {"id"}, bulk_move<BulkVerb::cancel>},
  };
  return operations;
}

}  // namespace ph::control

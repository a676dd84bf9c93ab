#include "store/agreement.h"

#include "base/check.h"
#include "store/rows.h"

namespace ph::store {

Result<> insert_agreement(sql::Connection& connection, const AgreementRow& row) {
  PH_CHECK(row.id != 0);
  TRY(say_conflict(connection.exec("INSERT INTO agreement (id, version, text_en, text_zh,"
                                   " created_at) VALUES ($1, $2, $3, $4, $5)",
                                   {row.id, row.version, row.text_en, row.text_zh,
                                    row.created_at}),
                   "this version exists", "version"));
  return {};
}

Result<std::optional<AgreementRow>> newest_agreement(sql::Connection& connection) {
  sql::Rows rows = TRY(connection.query("SELECT id, version, text_en, text_zh, created_at"
                                        " FROM agreement ORDER BY id DESC LIMIT 1"));
  if (rows.empty()) return std::nullopt;
  return AgreementRow{.id = rows[0].integer(0),
                      .version = rows[0].text(1),
                      .text_en = rows[0].text(2),
                      .text_zh = rows[0].text(3),
                      .created_at = rows[0].time(4)};
}

}  // namespace ph::store

#include "sql/postgresql_exchange.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/limits.h"
#include "base/text.h"

namespace ph::sql {
namespace {

// Parameter and result formats of the protocol.
constexpr int kTextFormat = 0;
constexpr int kBinaryFormat = 1;

// Types of pg_type.dat, whose numbers are fixed.
enum PgType : Oid {
  kBool = 16,
  kBytea = 17,
  kName = 19,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kUnknown = 705,
  kVarchar = 1043,
  kVoid = 2278,
};

struct SqlState {
  std::string_view prefix;
  Errc code;
};

// The longest fitting prefix comes first.
constexpr std::array<SqlState, 20> kStates = {{
    {"23505", Errc::conflict},     // unique_violation
    {"23503", Errc::conflict},     // foreign_key_violation
    {"53100", Errc::limit},        // disk_full
    {"53", Errc::temporary},       // insufficient_resources: memory, connections
    {"40", Errc::temporary},       // serialization_failure, deadlock_detected
    {"55P03", Errc::temporary},    // lock_not_available
    {"57", Errc::temporary},       // operator_intervention: shutdown, cancelled, starting up
    {"08", Errc::temporary},       // connection_exception
    {"25006", Errc::temporary},    // read_only_sql_transaction: a standby
    {"25P02", Errc::temporary},    // in_failed_sql_transaction: an earlier statement has failed
    {"25P03", Errc::temporary},    // idle_in_transaction_session_timeout
    {"58030", Errc::io},           // io_error
    {"58P01", Errc::corrupt},      // undefined_file
    {"XX001", Errc::corrupt},      // data_corrupted
    {"XX002", Errc::corrupt},      // index_corrupted
    {"22021", Errc::invalid},      // character_not_in_repertoire
    {"22P05", Errc::invalid},      // untranslatable_character
    {"22003", Errc::invalid},      // numeric_value_out_of_range
    {"54000", Errc::limit},        // program_limit_exceeded
    {"28", Errc::denied},          // invalid_authorization_specification
}};

int64_t big_endian(const char* bytes, int size) {
  // The first octet carries the sign.
  int64_t n = static_cast<signed char>(bytes[0]);
  for (int i = 1; i < size; ++i)
    n = static_cast<int64_t>(static_cast<uint64_t>(n) << 8 | static_cast<uint8_t>(bytes[i]));
  return n;
}

Result<Value> read_cell(const pg_result* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return Value(Null{});
  const char* bytes = PQgetvalue(result, row, column);
  int size = PQgetlength(result, row, column);
  switch (PQftype(result, column)) {
    case kBool:
    case kInt2:
    case kInt4:
    case kInt8:
      return Value(big_endian(bytes, size));
    case kBytea:
      return Value(Blob{std::string(bytes, static_cast<size_t>(size))});
    case kText:
    case kVarchar:
    case kName:
    case kUnknown:
      return Value(std::string(bytes, static_cast<size_t>(size)));
    case kVoid:
      return Value(Null{});
    default:
      return fail(Errc::internal, fmt::format("column {} has a type that is not of our dialect: {}",
                                              PQfname(result, column), PQftype(result, column)));
  }
}

}  // namespace

void EndConnection::operator()(pg_conn* connection) const { PQfinish(connection); }
void ClearResult::operator()(pg_result* result) const { PQclear(result); }

Error error_of(const pg_result* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  Error error{Errc::internal, "", ""};
  for (const SqlState& known : kStates) {
    if (state == nullptr || !std::string_view(state).starts_with(known.prefix)) continue;
    error.code = known.code;
    break;
  }
  // No SQLSTATE: libpq's own message about a connection that ended.
  if (state == nullptr) error.code = Errc::temporary;
  if (text == nullptr) text = PQresultErrorMessage(result);
  error.message = fmt::format("PostgreSQL: {} ({})", trim(text), state != nullptr ? state : "-");
  return error;
}

Result<> read_rows(const pg_result* result, Rows& rows) {
  int height = PQntuples(result);
  int width = PQnfields(result);
  rows = Rows(static_cast<size_t>(width));
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column)
      rows.add(TRY(read_cell(result, row, column)));
  return {};
}

Result<std::unique_ptr<Exchange>> Exchange::connect(const std::string& url) {
  auto seconds = [](Duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(d).count());
  };
  std::string wait = seconds(limits::kSqlConnectWait);
  std::string silence = std::to_string(limits::kSqlWait.count() / 1000);
  const char* keys[] = {"dbname",           "connect_timeout", "tcp_user_timeout",
                        "keepalives_idle",  "client_encoding", "application_name", nullptr};
  const char* values[] = {url.c_str(), wait.c_str(), silence.c_str(), "5",
                          "UTF8",      "posthouse",  nullptr};
  pg_conn* raw = PQconnectdbParams(keys, values, 1);
  std::unique_ptr<Exchange> out(new Exchange(raw));
  if (raw == nullptr) return fail(Errc::temporary, "PostgreSQL: out of memory");
  if (PQstatus(raw) != CONNECTION_OK)
    return fail(Errc::temporary, fmt::format("PostgreSQL: {}", trim(PQerrorMessage(raw))));
  PQsetNoticeProcessor(raw, [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(raw, 1) != 0 || PQenterPipelineMode(raw) != 1) return out->lost();
  TRY(out->script(fmt::format("SET statement_timeout = {0}; SET lock_timeout = {0};"
                              "SET idle_in_transaction_session_timeout = {0}",
                              silence)));
  return out;
}

std::unexpected<Error> Exchange::lost() {
  alive_ = false;
  std::string text(trim(PQerrorMessage(connection_.get())));
  return fail(Errc::temporary,
              "PostgreSQL: " + (text.empty() ? std::string("the connection was lost") : text));
}

Result<> Exchange::send_prepare(const std::string& name, const std::string& sql) {
  ++sent_;
  if (PQsendPrepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr) != 1) return lost();
  return {};
}

Result<> Exchange::send_prepared(const std::string& name, const Params& params) {
  ++sent_;
  size_t count = params.size();
  std::vector<const char*> values(count, nullptr);
  std::vector<int> lengths(count, 0);
  std::vector<int> formats(count, kTextFormat);
  std::vector<std::string> numbers(count);
  for (size_t i = 0; i < count; ++i) {
    const Value& value = params[i];
    if (value.is_null()) continue;
    if (value.integer() != nullptr) {
      numbers[i] = std::to_string(*value.integer());
      values[i] = numbers[i].c_str();
      continue;
    }
    const std::string& bytes = value.text() != nullptr ? *value.text() : value.blob()->bytes;
    values[i] = bytes.c_str();
    lengths[i] = static_cast<int>(bytes.size());
    formats[i] = kBinaryFormat;
  }
  if (PQsendQueryPrepared(connection_.get(), name.c_str(), static_cast<int>(count), values.data(),
                          lengths.data(), formats.data(), kBinaryFormat) != 1)
    return lost();
  return {};
}

Result<> Exchange::send_plain(const std::string& sql) {
  ++sent_;
  if (PQsendQueryParams(connection_.get(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr,
                        kBinaryFormat) != 1)
    return lost();
  return {};
}

bool Exchange::look_alive() {
  if (!alive_) return false;
  int socket = PQsocket(connection_.get());
  pollfd fd{socket, POLLIN, 0};
  if (::poll(&fd, 1, 0) <= 0) return true;
  // What an idle server says is a notice, or its last word before the end of the stream.
  char octet;
  alive_ = PQconsumeInput(connection_.get()) == 1 &&
           ::recv(socket, &octet, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
  return alive_;
}

Result<> Exchange::wait(short events) {
  pollfd fd{PQsocket(connection_.get()), events, 0};
  int most = unhurried_ ? -1 : static_cast<int>(limits::kSqlWait.count() / 1000);
  int ready;
  do {
    ready = ::poll(&fd, 1, most);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) {
    alive_ = false;
    return fail(Errc::temporary, "PostgreSQL: no answer in time");
  }
  if (ready < 0) return lost();
  if ((fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
      PQconsumeInput(connection_.get()) != 1)
    return lost();
  return {};
}

Result<> Exchange::flush() {
  int left;
  while ((left = PQflush(connection_.get())) == 1) TRY(wait(POLLIN | POLLOUT));
  if (left < 0) return lost();
  return {};
}

// The next result, or null where libpq separates two statements.
Result<PgResult> Exchange::next() {
  while (PQisBusy(connection_.get()) != 0) TRY(wait(POLLIN));
  return PgResult(PQgetResult(connection_.get()));
}

Result<> Exchange::run(const std::function<Result<>(size_t, pg_result*)>& take) {
  size_t statements = std::exchange(sent_, 0);
  if (!alive_) return fail(Errc::temporary, "PostgreSQL: the connection was lost");
  if (PQpipelineSync(connection_.get()) != 1) return lost();
  TRY(flush());
  Result<> out;
  size_t index = 0;
  for (;;) {
    PgResult result = TRY(next());
    if (!result) {
      // Between two statements. After the last one only the sync is left.
      if (++index > statements + 1) return lost();
      continue;
    }
    ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_PIPELINE_SYNC) break;
    if (status == PGRES_FATAL_ERROR) {
      if (out) out = std::unexpected(error_of(result.get()));
      if (PQstatus(connection_.get()) != CONNECTION_OK) alive_ = false;
      if (!alive_) return out;
    } else if (out && (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)) {
      out = take(index, result.get());
    }
  }
  return out;
}

Result<> Exchange::script(const std::string& sql) {
  if (!alive_) return fail(Errc::temporary, "PostgreSQL: the connection was lost");
  if (PQexitPipelineMode(connection_.get()) != 1) return lost();
  if (PQsendQuery(connection_.get(), sql.c_str()) != 1) return lost();
  TRY(flush());
  Result<> out;
  while (PgResult result = TRY(next())) {
    if (PQresultStatus(result.get()) != PGRES_FATAL_ERROR) continue;
    if (out) out = std::unexpected(error_of(result.get()));
    if (PQstatus(connection_.get()) != CONNECTION_OK) alive_ = false;
    if (!alive_) return out;
  }
  if (PQenterPipelineMode(connection_.get()) != 1) return lost();
  return out;
}

}  // namespace ph::sql

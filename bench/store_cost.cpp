// What the store costs for each mail, by group size: accept (content, message, recipient, event,
// counter) and outcome (recipient, attempt, event, counter), beside what the machine can do with
// the same bytes: a bare append with fdatasync, and bare inserts of the same rows by SQLite.
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>

#include "base/limits.h"
#include "base/metrics.h"
#include "base/text.h"
#include "net/loop.h"
#include "store/account.h"
#include "store/address.h"
#include "store/domain.h"
#include "store/event.h"
#include "store/message.h"
#include "store/outcome.h"
#include "store/sender.h"
#include "store/store.h"
#include "store/usage.h"

namespace {

using namespace ph;

struct Arguments {
  std::vector<size_t> groups = {1, 10, 40, 100, 500};
  size_t count = 4000;  // mails of each group size, at least ten groups
  size_t domains = 20;  // of recipients
  size_t accounts = 4;
  std::string postgresql;  // empty: not measured
  std::string directory = std::filesystem::temp_directory_path();
};

struct Cost {
  double cpu = 0;     // of the writer thread (and the server's process), microseconds a mail
  double server = 0;  // PostgreSQL's part
  double wall = 0;
  double together = 0;  // jobs of one commit, as it came out
};

template <class T>
T must(Result<T> result, const char* what) {
  if (!result) {
    fmt::print(stderr, "{}: {}\n", what, result.error().message);
    std::exit(1);
  }
  return std::move(*result);
}

double seconds_of(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

double metric(std::string_view name) {
  std::string all = metrics::exposition();
  size_t at = all.find(fmt::format("\n{} ", name));
  return at == std::string::npos ? 0 : std::atof(all.c_str() + at + name.size() + 2);
}
double commits() {
  return metric("posthouse_store_commits_total");
}

// CPU time of another process, all its threads; 0 where it cannot be read.
double seconds_of_process(int64_t pid) {
  std::ifstream in(fmt::format("/proc/{}/schedstat", pid));
  double nanoseconds = 0;
  in >> nanoseconds;
  return nanoseconds / 1e9;
}

class Scratch {
 public:
  explicit Scratch(const std::string& where) {
    std::string pattern = where + "/store-cost-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      std::perror("mkdtemp");
      std::exit(1);
    }
    path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string body(size_t octets) {
  std::string out = "From: Shop <news@shop.example>\r\nSubject: Your order\r\n\r\n";
  while (out.size() < octets) out += "Something that is said in every line of this mail.\r\n";
  out.resize(octets);
  return out;
}

const std::string kBody = body(4500);
const std::string kTranscript =
    "S: 220 mx.example ESMTP\nC: EHLO mail.posthouse.example\nS: 250-mx.example\nS: 250-SIZE "
    "52428800\nS: 250-8BITMIME\nS: 250-PIPELINING\nS: 250 SMTPUTF8\nC: MAIL "
    "FROM:<b+1a2b3c4d5e6f@bounce.shop.example> SIZE=5120\nC: RCPT TO:<someone1234@domain.example>\n"
    "C: DATA\nS: 250 2.1.0 Ok\nS: 250 2.1.5 Ok\nS: 354 End data with <CR><LF>.<CR><LF>\nS: 250 "
    "2.0.0 Ok: queued as 4XyZ1234567\n";
constexpr const char* kReply = "250 2.0.0 Ok: queued as 4XyZ1234567";

struct Sender {
  AccountId account;
  DomainId domain;
  AddressId address;
};

class Bench {
 public:
  Bench(const Arguments& arguments, std::string url)
      : arguments_(arguments), scratch_(arguments.directory), loop_(net::Loop::make()) {
    store::StoreOptions options;
    options.url = std::move(url);
    options.data_dir = scratch_.path();
    store_ = must(store::Store::open(std::move(options)), "open the store");
    for (size_t i = 0; i < arguments.accounts; ++i) senders_.push_back(make_sender(i));
    if (store_->engine() == sql::Engine::postgresql) server_ = server_process();
  }

  Cost accept(size_t group) {
    return measure(group, [this](size_t i) { return accept_one(i); });
  }

  Cost outcome(size_t group) {
    std::vector<store::RecipientRow> rows = std::exchange(accepted_, {});
    return measure_jobs((rows.size() + group - 1) / group, rows.size(), 1, [&, group](size_t job) {
      size_t first = job * group;
      size_t count = std::min(group, rows.size() - first);
      return outcome_of({rows.begin() + static_cast<std::ptrdiff_t>(first),
                         rows.begin() + static_cast<std::ptrdiff_t>(first + count)});
    });
  }

  int wrong() const { return wrong_; }

 private:
  Sender make_sender(size_t i) {
    auto made = store_->write_now<Sender>([&](store::Tx& tx) -> Result<Sender> {
      Sender out;
      out.account = TRY(store::insert_account(tx.sql(), {.name = fmt::format("account{}", i),
                                                         .state = store::AccountState::active,
                                                         .created_at = tx.now()}))
                        .id;
      std::string name = fmt::format("shop{}.example", i);
      out.domain = TRY(store::insert_domain(tx.sql(), {.account_id = out.account,
                                                       .name = name,
                                                       .state = store::DomainState::verified,
                                                       .dkim_key_sealed = std::string(1300, 'k'),
                                                       .dkim_public = std::string(392, 'p'),
                                                       .check_json = std::string(2000, ' ')}));
      out.address = TRY(store::insert_address(tx.sql(), {.account_id = out.account,
                                                         .domain_id = out.domain,
                                                         .local = "news",
                                                         .email = "news@" + name}));
      return out;
    });
    return must(std::move(made), "make an account");
  }

  int64_t server_process() {
    return must(store_->write_now<int64_t>([](store::Tx& tx) -> Result<int64_t> {
      return TRY(tx.sql().query("SELECT pg_backend_pid()"))[0].integer(0);
    }),
                "ask for the server's process");
  }

  double writer_seconds() {
    return must(store_->write_now<double>([](store::Tx&) -> Result<double> {
      return seconds_of(CLOCK_THREAD_CPUTIME_ID);
    }),
                "read the writer's clock");
  }

  // The calls of core/send.cpp's accept.
  net::Task<> accept_one(size_t i) {
    const Sender& sender = senders_[i % senders_.size()];
    using Rows = std::vector<store::RecipientRow>;
    std::string address =
        fmt::format("someone{}@domain{}.example", i, i * 7919 % arguments_.domains);
    auto job = [sender, address = std::move(address)](store::Tx& tx) -> Result<Rows> {
      auto facts =
          TRY(tx.sender({sender.account, sender.domain, sender.address}));
      if (facts.account_state != store::AccountState::active) return fail(Errc::denied, "state");
      WallTime now = tx.now();
      store::MessageRow message{.id = MessageId(tx.new_id()),
                                .account_id = sender.account,
                                .domain_id = sender.domain,
                                .address_id = sender.address,
                                .door = store::Door::relay,
                                .mail_from = "bounce.shop.example",
                                .header_from = "news@shop.example",
                                .subject = "Your order",
                                .header_message_id = "<20261122.4XyZ1234567@shop.example>",
                                .size = 4500,
                                .created_at = now};
      Rows rows(1);
      rows[0].address = address;
      rows[0].domain = address.substr(address.find('@') + 1);
      rows[0].cause = "accepted";
      rows[0].next_at = rows[0].updated_at = now;
      rows[0].expires_at = now + limits::kQueueLifetime;
      rows[0].token_key = 1;
      message.content = TRY(tx.put_content(kBody));
      TRY(store::insert_message_with_recipients(tx, message, rows));
      // What an accept asks and counts of its account's allowance.
      TRY(tx.usage(sender.account, store::UsageDepth::rest));
      store::use_post_paid(tx, sender.account, 1);
      TRY(store::insert_events(tx, sender.account,
                               {{.id = EventId(tx.new_id()),
                                 .account_id = sender.account,
                                 .type = "accepted",
                                 .at = now,
                                 .message_id = message.id,
                                 .domain_id = sender.domain}}));
      return rows;
    };
    auto rows = co_await store_->write<Rows>(std::move(job));
    if (rows)
      accepted_.push_back(std::move(rows->front()));
    else
      went_wrong(rows.error().message);
  }

  net::Task<> outcome_of(std::vector<store::RecipientRow> rows) {
    std::vector<store::Outcome> outcomes;
    for (const store::RecipientRow& row : rows) {
      store::Outcome out{.key = row.key,
                         .account_id = row.account_id,
                         .domain_id = DomainId(1),
                         .epoch = row.epoch,
                         .state = store::RecipientState::delivered,
                         .cause = "delivered",
                         .next_at = row.next_at,
                         .at = system_clock().wall(),
                         .reply = kReply};
      out.attempt = store::AttemptRow{.at = out.at,
                                      .host = "mx.domain.example",
                                      .address = "192.0.2.25:25",
                                      .tls = "TLSv1.3",
                                      .code = 250,
                                      .reply = kReply,
                                      .duration = Duration(51234),
                                      .transcript = kTranscript};
      out.events.push_back(
          {.account_id = row.account_id,
           .type = "delivered",
           .at = out.at,
           .message_id = row.key.message_id,
           .domain_id = out.domain_id,
           .data = fmt::format("{{\"recipient\":\"{}\",\"cause\":\"delivered\",\"attempt\":1,"
                               "\"code\":250,\"status\":\"2.0.0\",\"reply\":\"{}\","
                               "\"host\":\"mx.domain.example\",\"tls\":\"TLSv1.3\"}}",
                               row.address, kReply)});
      outcomes.push_back(std::move(out));
    }
    auto job = [outcomes = std::move(outcomes)](store::Tx& tx) mutable {
      for (store::Outcome& outcome : outcomes)
        for (store::EventRow& event : outcome.events) event.id = EventId(tx.new_id());
      return store::record_outcomes_for_queue(tx, outcomes);
    };
    auto recorded = co_await store_->write<std::vector<bool>>(std::move(job));
    if (!recorded)
      went_wrong(recorded.error().message);
    else if (std::ranges::count(*recorded, false) > 0)
      went_wrong("an outcome was not recorded");
  }

  void went_wrong(const std::string& why) {
    if (wrong_++ == 0) fmt::print(stderr, "a write failed: {}\n", why);
  }

  template <class One>
  Cost measure(size_t group, One one) {
    size_t count = std::max(arguments_.count, group * 10);
    if (group == 1) count = std::min<size_t>(count, 1000);
    return measure_jobs(count, count, group, one);
  }

  // `jobs` of them, `together` at once, which carry `mails`.
  template <class One>
  Cost measure_jobs(size_t jobs, size_t mails, size_t together, One one) {
    size_t next = 0;
    size_t running = together;
    auto chain = [&]() -> net::Task<> {
      while (next < jobs) co_await one(next++);
      if (--running == 0) loop_->stop();
    };
    double cpu = writer_seconds();
    double server = seconds_of_process(server_);
    double wall = seconds_of(CLOCK_MONOTONIC);
    double groups = commits();
    for (size_t i = 0; i < together; ++i) loop_->spawn(chain());
    loop_->run();
    wall = seconds_of(CLOCK_MONOTONIC) - wall;
    groups = commits() - groups;
    server = seconds_of_process(server_) - server;
    cpu = writer_seconds() - cpu;
    double per_mail = 1e6 / static_cast<double>(mails);
    return {.cpu = cpu * per_mail,
            .server = server * per_mail,
            .wall = wall * per_mail,
            .together = static_cast<double>(mails) / std::max(1.0, groups)};
  }

  const Arguments& arguments_;
  Scratch scratch_;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<store::Store> store_;
  std::vector<Sender> senders_;
  std::vector<store::RecipientRow> accepted_;
  int64_t server_ = 0;
  int wrong_ = 0;
};

template <class Work>
Cost cost_of(size_t mails, Work work) {
  double cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  double wall = seconds_of(CLOCK_MONOTONIC);
  work();
  double per_mail = 1e6 / static_cast<double>(mails);
  return {.cpu = (seconds_of(CLOCK_THREAD_CPUTIME_ID) - cpu) * per_mail,
          .wall = (seconds_of(CLOCK_MONOTONIC) - wall) * per_mail};
}

void check(bool holds, const char* what) {
  if (holds) return;
  fmt::print(stderr, "{} failed\n", what);
  std::exit(1);
}

// The content alone: one write and one fdatasync a group, in a file that is allocated already.
Cost bare_append(const Arguments& arguments, size_t group) {
  Scratch scratch(arguments.directory);
  size_t mails = std::max<size_t>(group * 10, group == 1 ? 200 : 1000) / group * group;
  int fd = ::open((scratch.path() + "/bare").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  check(fd >= 0, "open");
  check(::posix_fallocate(fd, 0, static_cast<off_t>(mails * kBody.size())) == 0, "allocate");
  check(::fsync(fd) == 0, "fsync");
  std::string bytes;
  for (size_t i = 0; i < group; ++i) bytes += kBody;
  Cost cost = cost_of(mails, [&] {
    for (size_t at = 0; at < mails; at += group) {
      check(::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at * kBody.size())) ==
                static_cast<ssize_t>(bytes.size()),
            "pwrite");
      check(::fdatasync(fd) == 0, "fdatasync");
    }
  });
  ::close(fd);
  return cost;
}

// The rows of accept and outcome as they are in the end, each inserted once, without a further
// index, by SQLite's own interface.
Cost bare_insert(const Arguments& arguments, size_t group) {
  Scratch scratch(arguments.directory);
  sqlite3* db = nullptr;
  check(sqlite3_open((scratch.path() + "/bare.db").c_str(), &db) == SQLITE_OK, "open");
  auto run = [db](const char* sql) {
    check(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
  };
  run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536");
  const std::vector<size_t> rows = {230, 170, 90, 850, 280};  // octets, as measured of our tables
  std::vector<sqlite3_stmt*> inserts;
  for (size_t i = 0; i < rows.size(); ++i) {
    run(fmt::format("CREATE TABLE t{} (id INTEGER PRIMARY KEY, row BLOB NOT NULL)", i).c_str());
    sqlite3_stmt* made = nullptr;
    std::string sql = fmt::format("INSERT INTO t{} (row) VALUES (?)", i);
    check(sqlite3_prepare_v2(db, sql.c_str(), -1, &made, nullptr) == SQLITE_OK, "prepare");
    inserts.push_back(made);
  }
  size_t mails = std::max<size_t>(group * 10, group == 1 ? 200 : 4000) / group * group;
  Cost cost = cost_of(mails, [&] {
    for (size_t at = 0; at < mails; at += group) {
      run("BEGIN IMMEDIATE");
      for (size_t i = 0; i < group * rows.size(); ++i) {
        sqlite3_stmt* insert = inserts[i % rows.size()];
        sqlite3_bind_blob(insert, 1, kBody.data(), static_cast<int>(rows[i % rows.size()]),
                          nullptr);
        check(sqlite3_step(insert) == SQLITE_DONE, "insert");
        sqlite3_reset(insert);
      }
      run("COMMIT");
    }
  });
  for (sqlite3_stmt* insert : inserts) sqlite3_finalize(insert);
  sqlite3_close(db);
  return cost;
}

int measure(const Arguments& arguments, const std::string& url, const char* name) {
  bool remote = !arguments.postgresql.empty() && url == arguments.postgresql;
  fmt::print("{}: microseconds a mail{}\n", name,
             remote ? "; CPU = our writer + the server's process" : "; CPU of the writer thread");
  fmt::print(
      "| group | mails a commit | accept CPU | outcome CPU | together | accept wall | outcome wall "
      "|{}\n",
      remote ? "" : " append CPU | append wall | insert CPU | insert wall | CPU, times bare |");
  fmt::print("|---|---|---|---|---|---|---|{}\n", remote ? "" : "---|---|---|---|---|");
  Bench bench(arguments, url);
  bench.accept(100);  // caches and statements
  bench.outcome(100);
  for (size_t group : arguments.groups) {
    Cost in = bench.accept(group);
    Cost out = bench.outcome(group);
    if (remote) {
      fmt::print(
          "| {} | {:.1f} | {:.1f} + {:.1f} | {:.1f} + {:.1f} | {:.1f} + {:.1f} | {:.1f} | "
          "{:.1f} |\n",
          group, in.together, in.cpu, in.server, out.cpu, out.server, in.cpu + out.cpu,
          in.server + out.server, in.wall, out.wall);
      continue;
    }
    Cost append = bare_append(arguments, group);
    Cost insert = bare_insert(arguments, group);
    fmt::print(
        "| {} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | "
        "{:.1f} | {:.2f} |\n",
        group, in.together, in.cpu, out.cpu, in.cpu + out.cpu, in.wall, out.wall, append.cpu,
        append.wall, insert.cpu, insert.wall, (in.cpu + out.cpu) / (append.cpu + insert.cpu));
    std::fflush(stdout);
  }
  if (bench.wrong() > 0) fmt::print("{} writes failed\n", bench.wrong());
  return bench.wrong() > 0 ? 1 : 0;
}

Arguments parse(int argc, char** argv) {
  Arguments out;
  auto number = [](std::string_view text) {
    auto parsed = parse_number<int64_t>(text);
    check(parsed && *parsed > 0, "reading a number");
    return static_cast<size_t>(*parsed);
  };
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string name = argv[i];
    std::string value = argv[i + 1];
    if (name == "--count") {
      out.count = number(value);
    } else if (name == "--group") {
      out.groups = {number(value)};
    } else if (name == "--domains") {
      out.domains = number(value);
    } else if (name == "--accounts") {
      out.accounts = number(value);
    } else if (name == "--directory") {
      out.directory = value;
    } else if (name == "--postgresql") {
      out.postgresql = value;
    } else {
      fmt::print(stderr,
                 "store_cost [--count N] [--group N] [--domains N] [--accounts N] "
                 "[--directory D] [--postgresql URL]\n");
      std::exit(2);
    }
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments = parse(argc, argv);
  int wrong = measure(arguments, "sqlite:", "SQLite");
  if (!arguments.postgresql.empty())
    wrong += measure(arguments, arguments.postgresql, "PostgreSQL");
  return wrong;
}

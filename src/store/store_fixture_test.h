// Purpose: a store over either engine in a place of its own, and a file system that can fail.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>

#include "sql/postgres_fixture_test.h"
#include "store/account.h"
#include "store/domain.h"
#include "store/message.h"
#include "store/outcome.h"
#include "store/store.h"
#include "store/usage.h"

namespace ph::store_test {

using namespace ph::store;

// Passes through to the machine's files until told to fail.
struct FailingFiles : Files {
  std::atomic<bool> fail_sync = false;
  std::atomic<bool> fail_preallocate = false;
  std::atomic<int> syncs = 0;
  std::atomic<int> writes = 0;
  std::atomic<uint64_t> free = 1ULL << 40;

  struct Wrapped : File {
    Wrapped(std::unique_ptr<File> f, FailingFiles& o) : inner(std::move(f)), owner(o) {}
    Result<> write_at(uint64_t offset, std::string_view bytes) override {
      ++owner.writes;
      return inner->write_at(offset, bytes);
    }
    Result<std::string> read_at(uint64_t offset, size_t size) override {
      return inner->read_at(offset, size);
    }
    Result<uint64_t> size() override { return inner->size(); }
    Result<> preallocate(uint64_t size) override {
      if (owner.fail_preallocate) return fail(Errc::io, "allocate: No space left on device");
      return inner->preallocate(size);
    }
    Result<> truncate(uint64_t size) override { return inner->truncate(size); }
    Result<> sync() override {
      ++owner.syncs;
      if (owner.fail_sync) return fail(Errc::io, "fdatasync: Input/output error");
      return inner->sync();
    }
    std::unique_ptr<File> inner;
    FailingFiles& owner;
  };

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    return std::make_unique<Wrapped>(TRY(system_files().open(path, mode)), *this);
  }
  Result<> remove(const std::string& path) override { return system_files().remove(path); }
  Result<> rename(const std::string& from, const std::string& to) override {
    return system_files().rename(from, to);
  }
  Result<> make_directory(const std::string& path) override {
    return system_files().make_directory(path);
  }
  Result<> sync_directory(const std::string& path) override {
    return system_files().sync_directory(path);
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return system_files().list(path);
  }
  Result<uint64_t> free_bytes(const std::string&) override { return free.load(); }
};

template <class T>
T need(Result<T> result) {
  REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().message));
  return std::move(*result);
}
inline void need(Result<> result) {
  REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().message));
}

inline constexpr uint64_t kSmallSegment = 64 << 10;

struct StoreFixture {
  explicit StoreFixture(sql::Engine which) : engine(which) {
    if (engine == sql::Engine::postgresql)
      url = sql_test::PostgresServer::get()->fresh_database();
    reopen();
  }

  StoreOptions options() {
    return {.url = url,
            .data_dir = directory.path(),
            .clock = clock,
            .files = files,
            .failed = [this](const Error&) { ++failures; },
            .segment_bytes = kSmallSegment};
  }

  void reopen() {
    store.reset();
    store = need(Store::open(options()));
  }

  template <class R = void, class Job>
  Result<R> write(Job job) {
    return store->write_now<R>(std::move(job));
  }
  template <class R, class Job>
  Result<R> read(Job job) {
    return store->read_now<R>(std::move(job));
  }

  AccountId make_account(std::string name) {
    return need(write<AccountRow>([&](Tx& tx) {
             return insert_account(tx.sql(), {.name = name, .created_at = tx.now()});
           })).id;
  }
  DomainId make_domain(AccountId account, std::string name, DomainState state) {
    return need(write<DomainId>([&](Tx& tx) {
      return insert_domain(tx.sql(), {.account_id = account, .name = name, .state = state});
    }));
  }
  // A message with content to `to`.
  MessageRow accept(AccountId account, std::vector<std::string> to,
                    std::string content = "Subject: x\r\n\r\nhello\r\n") {
    return need(try_accept(account, std::move(to), std::move(content)));
  }
  Result<MessageRow> try_accept(AccountId account, std::vector<std::string> to,
                                std::string content) {
    return write<MessageRow>([&](Tx& tx) -> Result<MessageRow> {
      MessageRow message{.id = MessageId(tx.new_id()), .account_id = account,
                         .domain_id = DomainId(1), .created_at = tx.now()};
      message.content = TRY(tx.put_content(content));
      std::vector<RecipientRow> rows;
      for (const std::string& address : to) {
        RecipientRow row{.address = address, .domain = address.substr(address.find('@') + 1),
                         .cause = "accepted", .next_at = tx.now(), .updated_at = tx.now()};
        rows.push_back(row);
      }
      TRY(insert_message_with_recipients(tx, message, rows));
      use_post_paid(tx, account, message.recipient_count);
      return message;
    });
  }
  std::vector<RecipientRow> recipients_of(const MessageRow& message) {
    return need(read<std::vector<RecipientRow>>([&](sql::Connection& c) {
      return recipients(c, message.account_id, message.id);
    }));
  }

  sql::Engine engine;
  sql_test::TemporaryDirectory directory;
  std::string url = "sqlite:";
  FakeClock clock;
  FailingFiles files;
  std::atomic<int> failures = 0;
  std::unique_ptr<Store> store;
};

}  // namespace ph::store_test

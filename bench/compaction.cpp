// Accepts beside compaction: as many as go in while segments in which little is wanted give their
// room back, beside the same without, in one run. 4.5 KB mails into SQLite, 40 at once.
//   bench_compaction [--count MAILS] [--directory D]
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "core/compaction.h"
#include "net/loop.h"
#include "store/account.h"
#include "store/message.h"
#include "store/store.h"

namespace {

using namespace ph;

constexpr size_t kTogether = 40;
constexpr int64_t kWantedOf = 8;  // one content in so many is kept
constexpr size_t kOctets = 4500;

struct Load {
  double rate = 0;     // mails a second
  double slowest = 0;  // milliseconds, of a hundredth the fastest
  size_t mails = 0;
};

template <class T>
T must(Result<T> result, const char* what) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}: {}\n", what, result.error().message);
  std::exit(1);
}

class Bench {
 public:
  explicit Bench(std::string directory) : loop_(net::Loop::make()), directory_(directory) {
    store::StoreOptions options;
    options.data_dir = std::move(directory);
    store_ = must(store::Store::open(std::move(options)), "open the store");
    account_ = must(store_->write_now<store::AccountRow>([](store::Tx& tx) {
                      return store::insert_account(tx.sql(), {.name = "one",
                                                              .created_at = tx.now()});
                    }),
                    "make an account")
                   .id;
  }

  // Until `count` were accepted, or until `over` says so.
  Load accept(size_t count, const bool* over = nullptr) {
    std::vector<int64_t> waits;
    size_t begun = 0;
    size_t running = kTogether;
    auto chain = [&]() -> net::Task<> {
      while (over == nullptr ? begun < count : !*over) {
        ++begun;
        MonoTime before = system_clock().mono();
        co_await accept_one();
        waits.push_back((system_clock().mono() - before).count());
      }
      if (--running == 0) loop_->stop();
    };
    MonoTime before = system_clock().mono();
    for (size_t i = 0; i < kTogether; ++i) loop_->spawn(chain());
    loop_->run();
    double seconds = static_cast<double>((system_clock().mono() - before).count()) / 1e6;
    std::ranges::sort(waits);
    double slowest = waits.empty() ? 0 : static_cast<double>(waits[waits.size() * 99 / 100]) / 1e3;
    return {static_cast<double>(waits.size()) / seconds, slowest, waits.size()};
  }

  // Lets go of all but one in kWantedOf.
  void thin_out() {
    for (size_t at = 0; at < accepted_.size(); at += 500) {
      std::span some = std::span(accepted_).subspan(at);
      some = some.first(std::min<size_t>(500, some.size()));
      must(store_->write_now<int>([&](store::Tx& tx) -> Result<int> {
        for (const store::MessageRow& row : some) {
          if (row.content.offset / static_cast<int64_t>(kOctets) % kWantedOf == 0) continue;
          TRY(tx.sql().exec("DELETE FROM recipient WHERE message_id = $1", {row.id}));
          TRY(tx.sql().exec("DELETE FROM message WHERE id = $1", {row.id}));
          TRY(tx.release_content(row.content));
        }
        return 0;
      }),
           "let mails go");
    }
    accepted_.clear();
  }

  struct Beside {
    Load load;
    int64_t moved = 0;
    double seconds = 0;
  };
  Beside compact() {
    Beside out;
    bool over = false;
    auto run = [&]() -> net::Task<> {
      MonoTime before = system_clock().mono();
      auto moved = co_await core::compact(*store_, system_clock(), limits::kSlicePause);
      out.moved = must(std::move(moved), "compact");
      out.seconds = static_cast<double>((system_clock().mono() - before).count()) / 1e6;
      over = true;
    };
    loop_->spawn(run());
    out.load = accept(0, &over);
    return out;
  }

  double segment_megabytes() const {
    uintmax_t out = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory_ + "/segments"))
      out += file.file_size();
    return static_cast<double>(out) / 1e6;
  }

 private:
  net::Task<> accept_one() {
    auto row = co_await store_->write<store::MessageRow>(
        [this](store::Tx& tx) -> Result<store::MessageRow> {
          store::MessageRow message{.id = MessageId(tx.new_id()),
                                    .account_id = account_,
                                    .domain_id = DomainId(1),
                                    .size = kOctets,
                                    .created_at = tx.now()};
          message.content = TRY(tx.put_content(body_));
          std::vector<store::RecipientRow> rows(1);
          rows[0].address = "you@d.example";
          rows[0].domain = "d.example";
          rows[0].cause = "accepted";
          rows[0].next_at = rows[0].updated_at = tx.now();
          TRY(store::insert_message_with_recipients(tx, message, rows));
          return message;
        });
    accepted_.push_back(must(std::move(row), "accept"));
  }

  std::unique_ptr<net::Loop> loop_;
  std::string directory_;
  std::unique_ptr<store::Store> store_;
  AccountId account_;
  std::string body_ = std::string(kOctets, 'b');
  std::vector<store::MessageRow> accepted_;
};

}  // namespace

int main(int argc, char** argv) {
  size_t count = 45'000;
  std::string directory = std::filesystem::temp_directory_path();
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--directory") directory = argv[i + 1];
    if (std::string_view(argv[i]) == "--count") count = std::strtoul(argv[i + 1], nullptr, 10);
  }
  directory += "/compaction-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) {
    std::perror("mkdtemp");
    return 1;
  }
  {
    Bench bench(directory);
    bench.accept(count);
    bench.thin_out();
    double before = bench.segment_megabytes();
    Load first = bench.accept(count / 5);
    Bench::Beside beside = bench.compact();
    Load after = bench.accept(count / 5);
    double alone = (first.rate + after.rate) / 2;
    fmt::print("| accepts | mails | rate | slowest but 1 % |\n|---|---|---|---|\n");
    fmt::print("| alone | {} | {:.0f}/s | {:.0f} ms |\n", first.mails + after.mails, alone,
               std::max(first.slowest, after.slowest));
    fmt::print("| beside compaction | {} | {:.0f}/s, {:.2f} of that | {:.0f} ms |\n",
               beside.load.mails, beside.load.rate, beside.load.rate / alone, beside.load.slowest);
    fmt::print("\n{} contents moved in {:.1f} s; segments had {:.0f} MB before that\n",
               beside.moved, beside.seconds, before);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return 0;
}

#include "simulation/world.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "store/fsck.h"

namespace ph::simulation {
namespace {

using namespace std::chrono_literals;

constexpr Duration kDrain = 30s;
// Longest waits of what is healthy: the last retry, and the calm after a crash loop.
constexpr Duration kAllDoneIn = 10h;
constexpr Duration kLook = 5min;
constexpr Duration kProbeIn = 2min;

// A DNS that is slow, and in trouble fails.
class Resolver : public dns::Resolver {
 public:
  Resolver(Network& network, const dns::ZoneFake& zone) : network_(network), zone_(zone) {}
  net::Task<dns::Answer> query(dns::Question question, Deadline) override {
    co_await net::sleep_for(Duration(network_.below(20'000)));
    if (network_.goes_wrong() && network_.below(4) == 0) {
      dns::Answer out;
      out.status = dns::Status::servfail;
      co_return out;
    }
    co_return zone_.lookup(question);
  }

 private:
  Network& network_;
  const dns::ZoneFake& zone_;
};

class World {
 public:
  World(const Scenery& scenery, uint64_t seed, Record record)
      : scenery_(scenery),
        plan_(Plan::of(seed)),
        around_(mixed(seed), record),
        disk_(mixed(seed) ^ 0x4444) {
    if (plan_.from_nothing) disk_.load({{scenery.directory + "/", ""}});
    else disk_.load(scenery.furnished);
    std::filesystem::remove(open_file());
    plan_sends(around_, plan_);
    network_.state_of = [this](const std::string& to) {
      return house_ ? house_->state_of(to) : RowState{"unknown", 0};
    };
    network_.uptime = [this](unsigned generation) {
      bool at_once = hurried_ || plan_.slots < 64;
      return Uptime{house_ ? house_->uptime() : Duration(0), at_once,
                    generation != around_.generation};
    };
    network_.right_content = [this](const std::string& to, const std::string& content) {
      return is_right(to, content);
    };
  }

  Verdict run() {
    for (size_t i = 0; i < plan_.lives.size() && around_.ledger.broken().empty(); ++i) {
      around_.note(fmt::format("== life {} ==", i + 1));
      live(plan_.lives[i], i + 1 == plan_.lives.size());
    }
    Verdict out;
    out.broken = around_.ledger.broken();
    out.hash = around_.hash();
    out.steps = around_.steps();
    out.trace = around_.text();
    return out;
  }

 private:
  std::string open_file() const { return queue::open_deliveries_path(scenery_.directory); }
  bool is_right(const std::string& to, const std::string& content) const;
  void live(const Life& life, bool last);
  bool begin(const Life& life);
  void furnish_life(const Life& life, bool last);
  void end(End how);
  void close_house();
  void fsck();
  net::Task<void> stop_after(Life life);
  net::Task<void> until_done();
  net::Task<void> probe();
  net::Task<void> take_over(Life life);
  Result<std::unique_ptr<House>> open_house();
  void cut_open_file();

  const Scenery& scenery_;
  Plan plan_;
  Surroundings around_;
  SimulatedDisk disk_;
  sql::FilesVfs vfs_{disk_, around_.clock, around_.product};
  Network network_{around_};
  Resolver resolver_{network_, scenery_.zone};
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<House> house_;
  std::unique_ptr<House> earlier_;  // whose leases were taken over
  std::string open_bytes_;  // of open-deliveries when the process ended
  bool hurried_ = false;
  bool drained_ = false;
  bool faulty_disk_ = false;
};

bool World::is_right(const std::string& to, const std::string& content) const {
  for (const Send& send : const_cast<Ledger&>(around_.ledger).sends()) {
    auto place = std::ranges::find(send.to, to);
    if (place == send.to.end()) continue;
    size_t body = content.find("\r\n\r\n");
    std::string wanted = send.bulk ? bulk_body_of(send, place - send.to.begin()) : send.body;
    return body != std::string::npos && content.substr(body + 4) == wanted &&
           content.find("Subject: " + send.key + "\r\n") != std::string::npos;
  }
  return false;
}

std::string whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool World::begin(const Life& life) {
  loop_ = net::Loop::simulated(around_.clock);
  around_.loop = loop_.get();
  around_.alive = true;
  around_.last_step = life.step;
  around_.on_death = [this] {
    disk_.switch_off();
    open_bytes_ = whole(open_file());
    loop_->stop();
  };
  disk_.on_change = [this](const char* what) { around_.step(what); };
  // SQLite copies its log into the database again when that failed: nothing depends on it.
  disk_.on_lost = [this](const std::string& path) {
    if (!path.ends_with(".db")) around_.sync_lost = true;
  };
  around_.sync_lost = false;
  hurried_ = drained_ = false;
  faulty_disk_ = false;
  around_.sending = true;
  ++around_.generation;
  auto opened = open_house();
  if (opened) {
    house_ = std::move(*opened);
    return true;
  }
  if (around_.alive) around_.ledger.complain("it does not start: " + opened.error().message);
  return false;
}

Result<std::unique_ptr<House>> World::open_house() {
  auto failed = [this](const Error& error) {
    if (!around_.alive) return;
    around_.note("the store failed: " + error.message);
    around_.later(Duration(around_.people.below(100'000)), [this] { around_.die(); });
  };
  Ground ground{around_, disk_, network_, resolver_, scenery_.directory};
  return House::open(ground, plan_, failed);
}

// The process was stopped for longer than its lease, and goes on while another one has begun. What
// it sends from now on may not count, and what counts is never undone.
net::Task<void> World::take_over(Life life) {
  co_await net::sleep_for(life.takeover_after);
  around_.sending = false;
  co_await net::sleep_for(limits::kStoreWait + 2s);
  if (!around_.alive) co_return;
  around_.note("-- another process takes over --");
  std::filesystem::remove(scenery_.directory + "/store.lock");
  house_->lose_leases();
  disk_.set_faults({});
  around_.sync_lost = false;
  earlier_ = std::move(house_);
  ++around_.generation;
  around_.ledger.process_ended(true);
  // Two that live at a time are two nodes with a directory each: what the earlier one notes from
  // now on is in a file of its own.
  std::string open_until_now = whole(open_file());
  std::filesystem::remove(open_file());
  std::ofstream(open_file(), std::ios::binary) << open_until_now;
  auto opened = open_house();
  if (!opened) {
    if (around_.alive) around_.ledger.complain("no takeover: " + opened.error().message);
    around_.die();
    co_return;
  }
  house_ = std::move(*opened);
  around_.ledger.compare(house_->rows());
  around_.sending = true;
  house_->start();
  for (unsigned account = 0; account < plan_.accounts; ++account)
    loop_->spawn(send_all(around_, *house_, account));
}

void World::fsck() {
  auto findings = store::fsck(house_->store());
  if (!findings) return around_.ledger.complain("fsck failed: " + findings.error().message);
  for (const store::Finding& finding : *findings) around_.ledger.complain("fsck: " + finding.what);
  auto open = queue::check_open_deliveries(open_file(), house_->store());
  if (!open) around_.ledger.complain("fsck failed: " + open.error().message);
}

// Everything that goes on during a life.
void World::furnish_life(const Life& life, bool last) {
  network_.trouble = last ? 0 : life.trouble;
  network_.slow = life.slow;
  house_->start();
  for (unsigned account = 0; account < plan_.accounts; ++account)
    loop_->spawn(send_all(around_, *house_, account));
  loop_->spawn(operate(around_, *house_, life, &hurried_));
  if (life.takeover_after.count() != 0) loop_->spawn(take_over(life));
  if (life.wall_jump.count() != 0)
    around_.later(life.jump_after, [this, life] {
      around_.clock.set_wall(around_.clock.wall() + life.wall_jump);
    });
  around_.later(life.disk_after, [this, life] { disk_.set_faults(life.disk); });
  if (life.disk.room != DiskFaults::kNever)
    around_.later(life.room_back, [this] { disk_.set_faults({}); });
  if (last) loop_->spawn(until_done());
  else loop_->spawn(stop_after(life));
}

net::Task<void> World::stop_after(Life life) {
  co_await net::sleep_for(life.after);
  if (life.end != End::stop) {
    around_.die();
    co_return;
  }
  drained_ = co_await house_->queue().drain(Deadline::in(around_.clock, kDrain));
  loop_->stop();
}

// Faults are over: whatever was accepted is finished, and nobody waits without end.
net::Task<void> World::until_done() {
  co_await release_all(around_, *house_);
  MonoTime limit = around_.clock.mono() + kAllDoneIn;
  while (around_.alive && !around_.ledger.all_final(house_->rows())) {
    if (around_.clock.mono() > limit) {
      around_.ledger.complain("not everything was finished in time");
      break;
    }
    co_await net::sleep_for(kLook);
  }
  co_await probe();
  drained_ = co_await house_->queue().drain(Deadline::in(around_.clock, kDrain));
  loop_->stop();
}

// Each account's mail to somebody new goes out at once.
net::Task<void> World::probe() {
  for (unsigned account = 0; account < plan_.accounts; ++account)
    plan_probe(around_, account);
  for (unsigned account = 0; account < plan_.accounts; ++account)
    loop_->spawn(send_all(around_, *house_, account));
  MonoTime limit = around_.clock.mono() + kProbeIn;
  while (around_.alive && !around_.ledger.all_final(house_->rows())) {
    if (around_.clock.mono() > limit) {
      around_.ledger.complain("a fresh mail did not go out at once");
      co_return;
    }
    co_await net::sleep_for(1s);
  }
}

void World::live(const Life& life, bool last) {
  if (begin(life)) {
    around_.ledger.compare(house_->rows());
    if (life.fsck) fsck();
    if (around_.alive) {
      furnish_life(life, last);
      loop_->run();
    }
  }
  if (around_.alive && life.end == End::stop) {
    around_.retire();
    bool taken_over = earlier_ != nullptr;
    close_house();
    if (!drained_ || taken_over) around_.ledger.process_ended(taken_over);
  } else {
    around_.die();
    close_house();
    end(life.end);
  }
  if (last) {
    Life quiet;
    if (!begin(quiet)) return;
    around_.ledger.compare_at_end(house_->rows());
    fsck();
    around_.retire();
    close_house();
  }
}

void World::close_house() {
  network_.process_ended();
  for (auto* house : {earlier_.get(), house_.get()})
    if (house) house->close();
  loop_.reset();
  around_.loop = nullptr;
  earlier_.reset();
  house_.reset();
  disk_.on_change = nullptr;
  disk_.on_lost = nullptr;
  disk_.set_faults({});
}

void World::end(End how) {
  bool power = how == End::power_cut;
  around_.ledger.process_ended(power);
  if (power) disk_.cut_power();
  disk_.switch_on();
  std::ofstream(open_file(), std::ios::binary | std::ios::trunc) << open_bytes_;
  if (power) cut_open_file();
}

// Nobody syncs it: after a power cut it is there, empty, or a part of it.
void World::cut_open_file() {
  uint64_t how = around_.receivers.below(3);
  if (how == 0) return;
  std::string bytes = open_bytes_;
  if (how == 1) std::ranges::fill(bytes, '\0');
  for (int i = 0; how == 2 && i < 20 && !bytes.empty(); ++i)
    bytes[around_.receivers.below(bytes.size())] = '\0';
  std::ofstream(open_file(), std::ios::binary | std::ios::trunc) << bytes;
}

dns::ZoneFake make_zone() {
  dns::ZoneFake zone;
  for (const char* domain : {"d0", "d1", "d2", "d3", "probe"}) {
    std::string name = fmt::format("{}.example", domain);
    zone.add_mx(name, 10, "mx." + name).add_address("mx." + name, "198.51.100.7");
  }
  zone.add_mx("d1.example", 20, "mx2.d1.example").add_address("mx2.d1.example", "198.51.100.8");
  return zone;
}

}  // namespace

Scenery::Scenery(const std::string& where)
    : directory(where), furnished(simulation::furnished(where)), zone(make_zone()) {}

Verdict run(const Scenery& scenery, uint64_t seed, Record record) {
  return World(scenery, seed, record).run();
}

}  // namespace ph::simulation

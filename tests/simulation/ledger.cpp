#include "simulation/ledger.h"

#include <fmt/format.h>

#include "queue/interrupted.h"
#include "store/recipient.h"

namespace ph::simulation {
namespace {

bool is_final(const std::string& state) {
  auto parsed = store::parse_recipient_state(state);
  return parsed && store::is_final(*parsed);
}

}  // namespace

Send& Ledger::add(Send send) {
  sends_.push_back(std::move(send));
  return sends_.back();
}

void Ledger::acknowledged(Send& send, MessageId id) {
  if (send.acknowledged && *send.acknowledged != id)
    complain(fmt::format("key {} got two messages: {} and {}", send.key,
                         send.acknowledged->value, id.value));
  send.acknowledged = id;
}

void Ledger::acknowledged(Send& send, BulkId job) {
  if (send.job && *send.job != job)
    complain(fmt::format("key {} got two bulk jobs: {} and {}", send.key, send.job->value,
                         job.value));
  send.job = job;
}

unsigned Ledger::copy(const std::string& address, const RowState& row, Uptime uptime) {
  Track& track = tracks_[address];
  if (is_final(row.state))
    complain(fmt::format("a copy for {}, whose row was {} already", address, row.state));
  if (track.copies > 0 && track.told && !track.cut)
    complain(fmt::format("copy {} for {}: the last one was answered, and no process ended since",
                         track.copies + 1, address));
  // An attempt that was written down since then has closed what the end had left open.
  bool by_cut = track.copies > 0 && track.cut && row.attempts <= track.attempts;
  track.cuts_in_row = by_cut ? track.cuts_in_row + 1 : 0;
  if (!by_cut) track.power = false;
  // No third copy out of a crash loop: the process must have been up for a while.
  if (by_cut && !track.power && !uptime.hurried &&
      uptime.of_process < queue::calm_after(track.cuts_in_row))
    complain(fmt::format("copy {} for {} after {} us of uptime", track.copies + 1, address,
                         uptime.of_process.count()));
  ++track.copies;
  track.attempts = row.attempts;
  track.told = track.cut = track.ended = false;
  // Its outcome may come too late to count.
  if (uptime.of_earlier) track.cut = track.power = true;
  return track.copies;
}

void Ledger::process_ended(bool power) {
  for (auto& [address, track] : tracks_) {
    track.ended = true;
    track.power = track.power || power;
  }
}

std::vector<Ledger::Row> Ledger::read(sql::Connection& connection) {
  auto rows = connection.query("SELECT address, state, message_id, attempts FROM recipient"
                               " ORDER BY message_id, idx");
  std::vector<Row> out;
  if (!rows) return out;
  for (sql::Row row : *rows)
    out.push_back({row.text(0), row.text(1), row.integer(2), row.integer(3)});
  return out;
}

void Ledger::compare(sql::Connection& rows) {
  Messages messages;
  for (const Row& row : read(rows)) {
    auto [known, fresh] = messages.try_emplace(row.address, row.message);
    // A recipient has one request, a request one key, a key one message.
    if (!fresh) complain(fmt::format("{} is in messages {} and {}", row.address, known->second,
                                     row.message));
    Track& track = tracks_[row.address];
    track.there = true;
    if (!track.final_state.empty() && track.final_state != row.state)
      complain(fmt::format("{} was {} and is {}", row.address, track.final_state, row.state));
    if (is_final(row.state)) track.final_state = row.state;
    bool recorded = row.attempts > track.attempts;
    if (std::exchange(track.ended, false) && !recorded) track.cut = true;
  }
  for (const Send& send : sends_)
    if (!send.bulk) compare_send(send, messages);
  for (const auto& [address, track] : tracks_)
    if (!track.final_state.empty() && !messages.contains(address))
      complain(fmt::format("{} was {} and is gone", address, track.final_state));
  compare_jobs(rows);
}

void Ledger::compare_send(const Send& send, const Messages& messages) {
  for (const std::string& address : send.to) {
    auto found = messages.find(address);
    bool there = found != messages.end();
    if (send.acknowledged && (!there || found->second != send.acknowledged->value))
      complain(fmt::format("{} was acknowledged as {} and is lost", address,
                           send.acknowledged->value));
    if (!there && messages.contains(send.to.front()))
      complain(fmt::format("{} is missing in a message that is there", address));
  }
}

// Its rows come one after the other; how many are decided, the job itself says.
void Ledger::compare_jobs(sql::Connection& rows) {
  for (const Send& send : sends_) {
    if (!send.job) continue;
    auto found = rows.query("SELECT rows_total, rows_done FROM bulk_job WHERE id = $1"
                            " AND state NOT IN ('uploading', 'abandoned')",
                            {*send.job});
    if (!found) continue;
    if (found->empty() || (*found)[0].integer(0) != static_cast<int64_t>(send.to.size())) {
      complain(fmt::format("bulk job {} was acknowledged and is lost", send.key));
      continue;
    }
    auto done = static_cast<size_t>((*found)[0].integer(1));
    for (size_t i = 0; i < send.to.size(); ++i)
      if (tracks_[send.to[i]].there != (i < done))
        complain(fmt::format("row {} of bulk job {}, which has decided {}, is {}", i + 1, send.key,
                             done, i < done ? "missing" : "there"));
  }
}

bool Ledger::all_final(sql::Connection& rows) const {
  size_t wanted = 0;
  for (const Send& send : sends_) {
    if (!send.answered()) return false;
    if (!send.cancelled) wanted += send.to.size();
  }
  std::vector<Row> there = read(rows);
  return there.size() >= wanted &&
         std::ranges::all_of(there, [](const Row& row) { return is_final(row.state); });
}

void Ledger::compare_at_end(sql::Connection& rows) {
  compare(rows);
  for (const Send& send : sends_)
    if (!send.answered()) complain("never acknowledged: " + send.key);
  for (const Send& send : sends_)
    for (const std::string& address : send.to)
      if (send.bulk && !send.cancelled && !tracks_[address].there)
        complain(fmt::format("{} of a bulk job was skipped", address));
  for (const Row& row : read(rows)) {
    const Track& track = tracks_[row.address];
    if (!is_final(row.state)) complain(row.address + " is still " + row.state);
    if (row.state == "delivered" && track.copies == 0)
      complain(row.address + " is delivered, and its receiver has nothing");
    if (row.state != "delivered" && track.copies > 0 && track.told && !track.cut)
      complain(row.address + " is " + row.state + ", and its receiver said that it has it");
  }
}

}  // namespace ph::simulation

#include "store/recent_mails.h"

#include "base/id_source.h"
#include "base/limits.h"
#include "base/text.h"

namespace ph::store {
namespace {

constexpr Duration kWindow = std::chrono::hours(1);
// An id is made a little before its message is accepted: at most as long as a request takes.
constexpr Duration kIdsEarlier = std::chrono::hours(1);
constexpr Duration kWatchedShared = std::chrono::minutes(1);

bool counts(WallTime at, WallTime now) { return at > now - kWindow; }

}  // namespace

Result<> RecentMails::watch(sql::Connection& connection, AccountId account, WallTime now) {
  sql::Rows rows = TRY(connection.query(
      "SELECT r.address, m.created_at FROM message m JOIN recipient r ON r.message_id = m.id"
      " WHERE m.account_id = $1 AND m.id >= $2 AND m.created_at > $3 AND r.account_id = $1"
      " ORDER BY m.created_at",
      {account, id_floor(now - kWindow - kIdsEarlier), now - kWindow}));
  Watched& watched = accounts_[account];
  watched.since = now;
  for (sql::Row row : rows) put(watched, lower(row.text(0)), row.time(1));
  read_now_.push_back(account);
  return {};
}

int64_t RecentMails::count(AccountId account, std::string_view mailbox, WallTime now) {
  auto watched = accounts_.find(account);
  if (watched == accounts_.end()) return 0;
  auto found = watched->second.mailboxes.find(lower(mailbox));
  if (found == watched->second.mailboxes.end()) return 0;
  return std::ranges::count_if(found->second, [now](WallTime at) { return counts(at, now); });
}

void RecentMails::put(Watched& watched, std::string mailbox, WallTime at) {
  auto [found, fresh] = watched.mailboxes.try_emplace(std::move(mailbox));
  if (fresh) ++mailboxes_;
  std::deque<WallTime>& times = found->second;
  times.push_back(at);
  while (!counts(times.front(), at)) times.pop_front();
}

void RecentMails::add(AccountId account, std::string_view mailbox, WallTime at) {
  auto watched = accounts_.find(account);
  if (watched == accounts_.end()) return;
  std::string key = lower(mailbox);
  job_.push_back({account, key, at});
  put(watched->second, std::move(key), at);
}

void RecentMails::undo(std::vector<Mail>& mails) {
  for (const Mail& mail : std::exchange(mails, {})) {
    auto watched = accounts_.find(mail.account);
    if (watched == accounts_.end()) continue;
    auto found = watched->second.mailboxes.find(mail.mailbox);
    if (found == watched->second.mailboxes.end()) continue;
    std::deque<WallTime>& times = found->second;
    if (auto at = std::ranges::find(times, mail.at); at != times.end()) times.erase(at);
  }
}

void RecentMails::group_begins(WallTime now, bool shared) {
  if (shared)
    std::erase_if(accounts_,
                  [&](const auto& item) { return item.second.since + kWatchedShared <= now; });
  if (mailboxes_ > std::max(sweep_at_, limits::kMailboxesKept)) sweep(now);
}

void RecentMails::sweep(WallTime now) {
  mailboxes_ = 0;
  for (auto& [account, watched] : accounts_) {
    std::erase_if(watched.mailboxes, [now](const auto& item) {
      return item.second.empty() || !counts(item.second.back(), now);
    });
    mailboxes_ += watched.mailboxes.size();
  }
  // Reading an account without mails again costs nothing.
  std::erase_if(accounts_, [](const auto& item) { return item.second.mailboxes.empty(); });
  sweep_at_ = mailboxes_ * 2;
}

void RecentMails::keep_job() {
  std::ranges::move(std::exchange(job_, {}), std::back_inserter(group_));
}

void RecentMails::drop_job() {
  undo(job_);
  // It may have been read with rows of the job.
  for (AccountId account : std::exchange(read_now_, {})) accounts_.erase(account);
}

void RecentMails::rolled_back() {
  drop_job();
  undo(group_);
}

void RecentMails::committed() {
  group_.clear();
  read_now_.clear();
}

}  // namespace ph::store

#include "app/billing_keeper.h"

#include "people/notice.h"

namespace ph::app {
namespace {

using people::NoticeKind;

net::Task<> tell_package(people::Notices& notices, AccountId account, store::PackageRow row) {
  templates::Values values;
  values.add("package", row.name);
  values.add("link", co_await notices.console_url() + "/billing");
  co_await notices.tell_account(account, NoticeKind::package_exhausted, std::move(values));
}

// Of debts alone: who is only short of mails sees it where he sends.
net::Task<> tell_standing(people::Notices& notices, AccountId account, billing::DayNews news) {
  if (news.standing != billing::Standing::grace) co_return;
  templates::Values values;
  values.add("until", format_iso8601(news.stop_at));
  values.add("link", co_await notices.console_url() + "/billing");
  co_await notices.tell_account(account, NoticeKind::arrears, std::move(values));
}

net::Task<> tell_level(people::Notices& notices, billing::LevelNews news) {
  templates::Values values;
  values.add("domain", news.domain);
  values.add("before", std::to_string(news.before));
  values.add("after", std::to_string(news.after));
  values.add("link", co_await notices.console_url() + "/quota");
  co_await notices.tell_account(news.account, NoticeKind::level_changed, std::move(values));
}

}  // namespace

std::shared_ptr<billing::Keeper> make_billing_keeper(Services& services) {
  people::Notices& notices = services.notices();
  billing::Tidings tidings;
  tidings.package_ended = [&notices](AccountId account, store::PackageRow row) {
    return tell_package(notices, account, std::move(row));
  };
  tidings.standing = [&notices](AccountId account, billing::DayNews news) {
    return tell_standing(notices, account, news);
  };
  tidings.level = [&notices](billing::LevelNews news) {
    return tell_level(notices, std::move(news));
  };
  return std::make_shared<billing::Keeper>(services.context(), std::move(tidings));
}

}  // namespace ph::app

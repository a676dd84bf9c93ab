#include "base/check.h"
#include "people/notice.h"

namespace ph::people {
namespace {

using K = NoticeKind;

// To a person: to one address.
std::vector<NoticeForm> personal_forms() {
  return {
      {K::confirm,
       "confirm",
       {"link", "hours"},
       {"Confirm your e-mail address",
        "Somebody asked to make an account with this e-mail address. If it was you, confirm it "
        "here:\n\n"
        "{{link}}\n\n"
        "The link is good for {{hours}} hours and once. If it was not you, do nothing: without "
        "this confirmation there will be no account."},
       {"确认您的邮箱地址",
        "有人使用此邮箱地址申请注册账号。如果是您本人，请点击以下链接确认：\n\n"
        "{{link}}\n\n"
        "链接在 {{hours}} 小时内有效，只能使用一次。如果不是您本人操作，请忽略此邮件：未经确认不会创建账号。"}},
      {K::reset,
       "reset",
       {"link", "hours"},
       {"Set a new password",
        "Somebody asked for a new password for the account with this e-mail address. If it was "
        "you, set one here:\n\n"
        "{{link}}\n\n"
        "The link is good for {{hours}} hours and once. If it was not you, do nothing: your "
        "password stays as it is."},
       {"设置新密码",
        "有人为此邮箱地址的账号申请重置密码。如果是您本人，请点击以下链接设置新密码：\n\n"
        "{{link}}\n\n"
        "链接在 {{hours}} 小时内有效，只能使用一次。如果不是您本人操作，请忽略此邮件：您的密码不会改变。"}},
      {K::invitation,
       "invitation",
       {"link", "days", "account"},
       {"You are invited to {{account}}",
        "You are invited to send mail with {{account}}. Choose a password and begin here:\n\n"
        "{{link}}\n\n"
        "The link is good for {{days}} days and once. If you expected no invitation, do nothing."},
       {"邀请您加入 {{account}}",
        "您受邀加入 {{account}}。请点击以下链接设置密码并开始使用：\n\n"
        "{{link}}\n\n"
        "链接在 {{days}} 天内有效，只能使用一次。如果您不清楚此邀请的来由，请忽略此邮件。"}},
      {K::already_registered,
       "already_registered",
       {"link"},
       {"You have an account already",
        "Somebody asked to make an account with this e-mail address, and you have one already. "
        "Sign in, or set a new password if you forgot yours:\n\n"
        "{{link}}\n\n"
        "If it was not you, do nothing: nothing has changed."},
       {"您已有账号",
        "有人使用此邮箱地址申请注册账号，而您已有账号。请直接登录；如果忘记密码，可以重置：\n\n"
        "{{link}}\n\n"
        "如果不是您本人操作，请忽略此邮件：您的账号没有任何变化。"}},
  };
}

std::vector<NoticeForm> identity_forms() {
  return {
      {K::identity_approved,
       "identity_approved",
       {"account", "link"},
       {"Your identity is verified",
        "The identity of {{account}} is verified. You can go on here:\n\n"
        "{{link}}"},
       {"身份认证已通过",
        "{{account}} 的身份认证已通过。请点击以下链接继续：\n\n"
        "{{link}}"}},
      {K::identity_rejected,
       "identity_rejected",
       {"account", "reason", "link"},
       {"Your identity could not be verified",
        "The identity of {{account}} could not be verified, for this reason:\n\n"
        "{{reason}}\n\n"
        "You can change what you sent and submit it again:\n\n"
        "{{link}}"},
       {"身份认证未通过",
        "{{account}} 的身份认证未通过，原因如下：\n\n"
        "{{reason}}\n\n"
        "您可以修改资料后重新提交：\n\n"
        "{{link}}"}},
  };
}

// Of what became of an account.
std::vector<NoticeForm> account_forms() {
  return {
      {K::suspended,
       "suspended",
       {"account", "reason"},
       {"{{account}} may not send any more",
        "The operator has suspended the account {{account}}, for this reason:\n\n"
        "{{reason}}\n\n"
        "You can still sign in and see everything, but new mail is refused. Please ask the "
        "operator what to do."},
       {"{{account}} 已被暂停发信",
        "管理员已暂停账号 {{account}}，原因如下：\n\n"
        "{{reason}}\n\n"
        "您仍可登录并查看所有内容，但新的邮件会被拒绝。请联系管理员处理。"}},
      {K::resumed,
       "resumed",
       {"account"},
       {"{{account}} may send again",
        "The operator has resumed the account {{account}}. Mail is accepted again."},
       {"{{account}} 已恢复发信", "管理员已恢复账号 {{account}}，可以继续发送邮件。"}},
      {K::package_exhausted,
       "package_exhausted",
       {"account", "package", "link"},
       {"A package of {{account}} is used up",
        "All mails of the package {{package}} of {{account}} are used. What comes next is shown "
        "here:\n\n"
        "{{link}}"},
       {"{{account}} 的套餐包已用完",
        "{{account}} 的套餐包 {{package}} 已全部用完。后续用量请查看：\n\n"
        "{{link}}"}},
      {K::arrears,
       "arrears",
       {"account", "until", "link"},
       {"{{account}} is in arrears",
        "The balance of {{account}} does not cover what it has sent. Mail is accepted until "
        "{{until}}, and then refused until the balance is topped up:\n\n"
        "{{link}}"},
       {"{{account}} 已欠费",
        "{{account}} 的余额不足以支付已发送的邮件。{{until}} 之前仍可发信，之后将停止服务，直至充值：\n\n"
        "{{link}}"}},
      {K::level_changed,
       "level_changed",
       {"account", "domain", "before", "after", "link"},
       {"{{domain}} is now on level {{after}}",
        "The reputation level of {{domain}} of {{account}} has changed from {{before}} to "
        "{{after}}. The figures behind it are here:\n\n"
        "{{link}}"},
       {"{{domain}} 的信誉等级变为 {{after}}",
        "{{account}} 的发信域名 {{domain}} 的信誉等级由 {{before}} 变为 {{after}}。详细数据请查看：\n\n"
        "{{link}}"}},
  };
}

}  // namespace

const NoticeForm& notice_form(NoticeKind kind) {
  static const auto forms = [] {
    std::vector<NoticeForm> out;
    for (auto part : {personal_forms(), identity_forms(), account_forms()})
      out.insert(out.end(), part.begin(), part.end());
    return out;
  }();
  const NoticeForm& form = forms.at(static_cast<size_t>(kind));
  PH_CHECK(form.kind == kind);
  return form;
}

}  // namespace ph::people

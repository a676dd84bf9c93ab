// Chinese for the sentences of core that people meet in the console. i18n.test.ts reads core's
// sources and fails for an advice that no pattern here knows.
export const sentences: Array<[RegExp, string]> = [
  // what to do about a record
  [/^Not checked yet\.$/, '尚未检测。'],
  [/^Bounces come here\.$/, '退信会送到这里。'],
  [/^The DNS gave no answer(?: \((.*)\))?\. Nothing is wrong yet: check again in a while\.$/, 'DNS 暂无应答（$1），这不代表记录有误，请稍后再检测。'],
  [/^The DNS gave no answer\. Check again in a while\.$/, 'DNS 暂无应答，请稍后再检测。'],
  [/^No (\S+) record at (\S+)\. Publish the expected value there\.$/, '$2 处没有 $1 记录，请按期望值添加。'],
  [/^The MX of (\S+) is another server\. Add (.+) as an MX record, or use a sub-domain for sending\.$/, '$1 的 MX 指向其他服务器。请添加 MX 记录 $2，或改用子域名发信。'],
  [/^(\S+) keeps its own MX; bounces come to (\S+)\.$/, '$1 保留自己的 MX，退信送到 $2。'],
  [/^Our sending addresses pass \((\d+) look-ups of 10\)\.$/, '我们的发信 IP 可通过校验（查询 $1 次，上限 10 次）。'],
  [/^There are several SPF records; receivers take that for an error\. Keep one and put (\S+) into it\.$/, '存在多条 SPF 记录，收件方会视为错误。请只保留一条，并加入 $1。'],
  [/^The SPF record is not valid: (.*)$/, 'SPF 记录无效：$1'],
  [/^The SPF record needs too many DNS look-ups: (.*)$/, 'SPF 记录所需的 DNS 查询次数过多：$1'],
  [/^The SPF record does not let us send(?: from (.*))?\. Put (\S+) before its all\.$/, 'SPF 记录未授权我们发信。请在 all 之前加入 $2。'],
  [/^There are several TXT records at this name\. Keep only the expected one\.$/, '该主机记录下有多条 TXT 记录，请只保留期望的那一条。'],
  [/^The DKIM record cannot be read: (.*)$/, '无法解析 DKIM 记录：$1'],
  [/^The DKIM record's p= is empty: the key is revoked\.$/, 'DKIM 记录的 p= 为空，表示密钥已吊销。'],
  [/^Another key is published at this name\. Replace it by the expected value\.$/, '该主机记录下发布了另一把密钥，请替换为期望值。'],
  [/^The record's h= or s= forbids our signatures\. Publish the expected value\.$/, '记录中的 h= 或 s= 不允许我们的签名，请发布期望值。'],
  [/^The key is published \((\d+) bits\); remove t=y, which marks it as a test\.$/, '密钥已发布（$1 位）；请移除表示测试的 t=y。'],
  [/^The key is published \((\d+) bits\)\.$/, '密钥已发布（$1 位）。'],
  [/^The DMARC record cannot be used: (.*)$/, 'DMARC 记录无法使用：$1'],
  [/^This is no DMARC record: it begins with v=DMARC1\.$/, '这不是 DMARC 记录：应以 v=DMARC1 开头。'],
  [/^The DMARC record needs a valid p= \(none, quarantine or reject\)\.$/, 'DMARC 记录需要有效的 p=（none、quarantine 或 reject）。'],
  [/^The policy is p=(\S+)\.$/, '策略为 p=$1。'],
  [/^Inherited from (\S+): its policy for (\S+) is (\S+)\.$/, '继承自 $1：对 $2 的策略为 $3。'],
  [/^There are several DMARC records; receivers ignore them all\. Keep one\.$/, '存在多条 DMARC 记录，收件方会全部忽略，请只保留一条。'],

  // domains
  [/^(\S+) is a public suffix: anybody registers names below it\. Use a name of your own\.$/, '$1 是公共后缀，任何人都可以在其下注册域名。请使用您自己的域名。'],
  [/^(\S+) has mailboxes at (.+): its MX record must stay theirs, and bounces could not come back here\. Use a sub-domain such as (\S+) instead\.$/, '$1 已在 $2 托管企业邮箱：MX 记录必须保留给邮箱服务，退信无法回到这里。请改用子域名，例如 $3。'],
  [/^(\S+) is verified by another account\.$/, '$1 已由其他账号验证。'],
  [/^The account has (\d+) sender domains, as many as it may have\.$/, '该账号已有 $1 个发信域名，已达上限。'],
  [/^Sender addresses exist under this domain\. Delete them first\.$/, '该域名下还有发信地址，请先删除这些发信地址。'],
  [/^The account has this sender domain already\.$/, '该账号已添加过此发信域名。'],
  [/^There is no such sender domain\.$/, '没有这个发信域名。'],

  [/^A tag has 1 to (\d+) characters and no control characters\.$/, '标签为 1 到 $1 个字符，且不能包含控制字符。'],
  [/^A domain has at most (\d+) tags\.$/, '一个域名最多 $1 个标签。'],

  // addresses
  [/^Give the address alone; the name has its own field\.$/, '请只填写地址，名称有单独的输入框。'],
  [/^The prefix has letters, digits and .* only\.$/, "前缀只能包含字母、数字和 . ! # $ % & ' * + - / = ? ^ _ ` { | } ~。"],
  [/^A sender name has at most 64 characters and no control characters\.$/, '发件人别名最多 64 个字符，且不能包含控制字符。'],
  [/^(\S+) is no sender domain of the account\. Add it and verify it first\.$/, '$1 不是该账号的发信域名，请先添加并验证。'],
  [/^(\S+) is (\S+)\. A sender address needs a verified domain\.$/, '$1 当前未通过验证或已失效，发信地址需要已验证的域名。'],
  [/^(\S+) has (\d+) sender addresses, as many as it may have\.$/, '$1 已有 $2 个发信地址，已达上限。'],
  [/^This sender address exists\.$/, '该发信地址已存在。'],
  [/^There is no such sender address\.$/, '没有这个发信地址。'],
  [/^An SMTP password has 10 to 20 characters\.$/, 'SMTP 密码长度为 10 到 20 个字符。'],
  [/^An SMTP password has printable ASCII without spaces\.$/, 'SMTP 密码只能使用可打印的 ASCII 字符，且不含空格。'],
  [/^An SMTP password has two digits, a lower-case and an upper-case letter at least\.$/, 'SMTP 密码至少包含两个数字、一个小写字母和一个大写字母。'],

  // why a mail waits
  [/^(\d+) of (\d+) sessions to (.+) are in use, (\d+) recipients wait$/, '与 $3 的 $2 个会话已用 $1 个，另有 $4 个收件人在等待'],
  [/^all (\d+) sessions are in use$/, '全部 $1 个会话均在使用中'],
  [/^the process ended while the receiver may have had it already$/, '服务中断时收件方可能已经收到'],

  // sign-in
  [/^The e-mail address or the password is wrong\.$/, '邮箱或密码错误。'],
  [/^Too many wrong passwords\. Try again in (\d+) minutes?\.$/, '密码错误次数过多，请 $1 分钟后再试。'],
  [/^Sign in again\.$/, '请重新登录。'],

  [/^The setup token is not the one in the log\.$/, '安装令牌与日志中的不一致。'],
  [/^This is no e-mail address\.$/, '不是有效的邮箱地址。'],
  [/^A password has at least 10 characters\.$/, '密码至少 10 个字符。'],
  [/^An account's name has 1 to 64 characters.*$/, '账号名称为 1 到 64 个字符，不能包含控制字符或首尾空格。'],
  [/^An account's name is not a number alone.*$/, '账号名称不能只有数字。'],

  // sending
  [/^A message needs a recipient\.$/, '请填写收件人。'],
  [/^A message needs a text or an html body\.$/, '请填写纯文本或 HTML 正文。'],
  [/^A message has at most (\d+) recipients\.$/, '一封邮件最多 $1 个收件人。'],
  [/^(\S+) is no sender domain of the account\.$/, '$1 不是该账号的发信域名。'],
  [/^(\S+) is (\S+)\. Verify it before sending\.$/, '$1 当前未通过验证或已失效，请先验证再发信。'],
  [/^(\S+) is no sender address of the account\.$/, '$1 不是该账号的发信地址。'],
  [/^there is no local part$/, '地址缺少 @ 之前的部分。'],
  [/^the domain is missing$/, '地址缺少域名。'],
  [/^There is no such message\.$/, '没有这封邮件。'],
  [/^There is no such mail in the inbox\.$/, '收件箱里没有这封邮件。'],
  [/^There is no such key\.$/, '没有这个密钥。'],
  [/^A key's name has at most 64 characters\.$/, '密钥名称最多 64 个字符。'],
]

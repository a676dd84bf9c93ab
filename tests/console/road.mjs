// The whole road in the browser: from sign-in to a delivered mail, in one language.
//   node road.mjs URL EMAIL PASSWORD en|zh
import { check, choose, equal, isTrue, open, until } from './browser.mjs'

const [url, email, password, lang] = process.argv.slice(2)
const words = {
  en: { signIn: 'Sign in', add: 'Add a domain', domain: 'Domain', publish: 'Publish in the sandbox zone', submit: 'Submit for verification', verified: 'Verified', addAddress: 'Add an address', prefix: 'Prefix', name: 'Sender name', generate: 'Generate', send: 'Send', to: 'To', subject: 'Subject', text: 'Text', html: 'HTML', delivered: 'Delivered', inInbox: 'See it in the sandbox inbox', addKey: 'Create a key', keyName: 'Name', kept: 'I have kept it', next: 'A key for the API', close: 'Close' },
  zh: { signIn: '登录', add: '新建域名', domain: '域名', publish: '发布到沙箱 DNS', submit: '提交验证', verified: '验证通过', addAddress: '新建地址', prefix: '邮箱前缀', name: '发件人别名', generate: '自动生成', send: '发送', to: '收件人', subject: '主题', text: '纯文本', html: 'HTML', delivered: '已送达', inInbox: '在沙箱收件箱中查看', addKey: '新建密钥', keyName: '名称', kept: '已保存', close: '关闭' },
}[lang]
const domain = `${lang}.sandbox.example`
const subject = lang === 'zh' ? '第一封邮件 🎉' : 'The first mail 🎉'
const { browser, page, wrongs } = await open({ baseURL: url, locale: lang === 'zh' ? 'zh-CN' : 'en-US' })
const button = (name) => page.getByRole('button', { name, exact: true })
const dialog = page.locator('dialog[open]')

await check(`${lang}: signed out, every page leads to the sign-in form, in the browser's language`, async () => {
  await page.goto('/domains')
  await page.waitForURL('**/login?to=/domains')
  await page.locator('input[name=email]').waitFor()
  await page.waitForFunction((title) => document.title === title, `${words.signIn} · Posthouse`)
  equal(await page.locator('html').getAttribute('lang'), lang === 'zh' ? 'zh-CN' : 'en', 'lang')
})

await check(`${lang}: a wrong password is said at the form, and the field is empty and ready`, async () => {
  await page.fill('input[name=email]', email)
  await page.fill('input[name=password]', 'wrong password')
  await page.click('button[type=submit]')
  const said = await page.locator('[role=alert]').first().innerText()
  isTrue(lang === 'zh' ? said.includes('密码错误') : said.includes('password is wrong'), said)
  equal(await page.locator('input[name=password]').inputValue(), '', 'the password')
  // The refused answer itself is an error in the browser's console.
  wrongs.splice(0)
})

await check(`${lang}: sign-in leads to the page that was asked for`, async () => {
  await page.fill('input[name=password]', password)
  await page.keyboard.press('Enter')
  await page.waitForURL((at) => at.pathname === '/domains')
  await page.getByRole('navigation').waitFor()
  // Whoever walked here before may have chosen the other language.
  await choose(page, lang)
})

await check(`${lang}: a domain is added, with syntax and conflict said at the field`, async () => {
  await page.goto('/domains?add')
  await dialog.locator('input[name=domain]').fill('no domain')
  await dialog.locator('.field-error').waitFor()
  await dialog.locator('input[name=domain]').fill(domain)
  await dialog.getByRole('button', { name: words.add, exact: true }).click()
  await page.waitForURL(`**/domains/${domain}`)
  await dialog.locator('.record').nth(3).waitFor()
})

await check(`${lang}: each record has host, type, value and, once asked, its state and what to do`, async () => {
  await dialog.locator('[data-check=spf][data-state=missing]').waitFor()
  for (const kind of ['mx', 'spf', 'dkim', 'dmarc']) {
    const record = dialog.locator(`[data-check=${kind}]`).first()
    isTrue((await record.locator('code').count()) >= 2, `${kind} lacks host or value`)
    isTrue((await record.locator('.advice').innerText()).length > 5, `${kind} lacks advice`)
  }
})

await check(`${lang}: published and submitted, it becomes verified without a reload`, async () => {
  await button(words.publish).click()
  await dialog.locator('[data-check=mx][data-state=ok]').waitFor()
  const verified = dialog.locator('.dialog-status').getByText(words.verified, { exact: true })
  // It may be so by itself before the button is reached.
  await Promise.any([button(words.submit).click(), verified.waitFor()])
  await verified.waitFor({ timeout: 20_000 })
})

await check(`${lang}: the back button closes the dialog, and the list says verified`, async () => {
  await page.goBack()
  await page.waitForURL(/\/domains(\?|$)/)
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('row', { name: new RegExp(domain) }).getByText(words.verified, { exact: true }).waitFor()
})

await check(`${lang}: a sender address with an SMTP password gets settings to paste`, async () => {
  await page.goto(`/addresses?add&domain=${domain}`)
  await dialog.locator('input[name=prefix]').fill('hello')
  await dialog.locator('input[name=name]').fill(lang === 'zh' ? '驿站' : 'Hello')
  await dialog.getByRole('button', { name: words.generate, exact: true }).click()
  const made = await until('no password was made', async () => {
    const value = await dialog.locator('input[name=smtp_password]').inputValue()
    return value.length === 16 && value
  })
  await dialog.locator('button[type=submit]').click()
  await dialog.getByText(made, { exact: true }).first().waitFor()
  isTrue((await dialog.locator('pre').innerText()).includes(`hello@${domain}`), 'the sample lacks the address')
  await dialog.getByRole('button', { name: words.kept, exact: true }).click()
  await page.getByRole('row', { name: new RegExp(`hello@${domain}`) }).waitFor()
})

await check(`${lang}: a mail is written, seen before it goes, sent, and followed to its delivery`, async () => {
  await page.goto('/send')
  await page.locator('textarea[name=to]').fill('anna@example.com')
  await page.locator('input[name=subject]').fill(subject)
  await page.locator('textarea[name=text]').fill('plain words')
  await page.getByRole('tab', { name: words.html, exact: true }).click()
  await page.locator('textarea[name=html]').fill('<style>b{color:teal}</style><b id="x">Bold words</b>')
  await page.frameLocator('.html-preview iframe').locator('b').getByText('Bold words').waitFor()
  await page.getByRole('button', { name: words.send, exact: true }).click()
  await page.waitForURL(/\/messages\/\w+/)
  await page.locator('.recipient[data-state=delivered]').waitFor({ timeout: 20_000 })
  await page.locator('.story li.good').waitFor()
  await page.locator('details.attempt summary').click()
  isTrue((await page.locator('details.attempt pre').innerText()).length > 10, 'no transcript')
})

await check(`${lang}: the sandbox inbox shows it in a frame of no origin, and its signatures pass`, async () => {
  await page.getByRole('link', { name: words.inInbox }).click()
  await page.waitForURL(/\/sandbox\/\w+/)
  await page.getByRole('heading', { level: 1, name: subject }).waitFor()
  equal(await page.locator('iframe.mail-frame').getAttribute('sandbox'), '', 'the sandbox')
  await page.frameLocator('iframe.mail-frame').locator('b').getByText('Bold words').waitFor()
  equal(await page.locator('[data-check=dkim] .state-tag').first().getAttribute('data-state'), 'pass', 'DKIM')
  equal(await page.locator('[data-check=dmarc] .state-tag').getAttribute('data-state'), 'pass', 'DMARC')
  await page.getByRole('tab').nth(1).click()
  await page.getByText('plain words').waitFor()
})

await check(`${lang}: a key is shown once, with samples that hold it`, async () => {
  await page.goto('/keys?add')
  await dialog.locator('input[name=name]').fill('ci')
  await dialog.locator(`select[name=domain] option[value="${domain}"]`).waitFor({ state: 'attached' })
  await dialog.locator('select[name=domain]').selectOption(domain)
  await dialog.locator('button[type=submit]').click()
  const token = await dialog.locator('[data-secret=token] code').innerText()
  isTrue(token.startsWith('ph_'), token)
  isTrue((await dialog.locator('pre').innerText()).includes(token), 'the sample lacks the key')
  await dialog.getByRole('button', { name: words.kept, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  equal(await page.getByText(token).count(), 0, 'the key afterwards')
  await page.getByRole('row', { name: /\bci\b/ }).getByText(domain).waitFor()
})

await check(`${lang}: the overview counts the steps done, and draws the curve`, async () => {
  await page.goto('/overview')
  for (const step of ['domain', 'address', 'mail']) await page.locator(`.step.done[data-step=${step}]`).waitFor()
  await page.locator('.chart canvas').waitFor()
  isTrue(Number(await page.locator('[data-today=accepted] dd').innerText()) >= 1, 'nothing accepted today')
})

await check(`${lang}: the other language is one choice away, and follows the person`, async () => {
  const other = lang === 'zh' ? 'en' : 'zh'
  await choose(page, other)
  await page.getByRole('heading', { level: 1, name: other === 'zh' ? '概览' : 'Overview' }).waitFor()
  await page.evaluate(() => localStorage.clear())
  await page.reload()
  await page.getByRole('heading', { level: 1, name: other === 'zh' ? '概览' : 'Overview' }).waitFor()
  await page.goto(`/overview?lang=${lang}`)
  await page.getByRole('heading', { level: 1, name: lang === 'zh' ? '概览' : 'Overview' }).waitFor()
  await choose(page, lang)
})

await check(`${lang}: on all of the road nothing was executed, reported or asked elsewhere`, async () => {
  equal(wrongs, [], 'the list')
})
await browser.close()

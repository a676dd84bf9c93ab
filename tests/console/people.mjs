// The people of an account in the browser: sign-up to a verified identity.
//   node people.mjs URL TOKEN OPERATOR PASSWORD
// TOKEN is of the account that the system's own mails are of; the operator reads them in the
// sandbox inbox.
import { createHmac } from 'node:crypto'
import { check, choose, equal, isTrue, open, settled, until } from './browser.mjs'

const [url, token, operator, operatorPassword] = process.argv.slice(2)
const { browser, context, page, wrongs } = await open({ baseURL: url, locale: 'en-US' })
const dialog = page.locator('dialog[open]')
const password = 'correct horse battery'
const [owner, developer] = ['maria@example.com', 'dev@example.net']

// RFC 6238 §4 with RFC 4226 §5.3, so many steps of 30 s from now.
function totp(secret, steps = 0) {
  const bits = [...secret.replace(/\s/g, '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((octet) => parseInt(octet, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const mac = createHmac('sha1', key).update(counter).digest()
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

// Not by the browser, whose session is the owner's.
async function ask(method, path, secret, data) {
  const body = data && JSON.stringify(data)
  const answer = await fetch(`${url}/api/v1/${path}`, { method, headers: { ...(secret ? { Authorization: `Bearer ${secret}` } : {}), ...(body ? { 'Content-Type': 'application/json' } : {}) }, body })
  isTrue(answer.ok, `${method} ${path}: ${answer.status}`)
  return answer.status === 204 ? undefined : answer.json()
}

// The newest mail to somebody with a link of that page. What our own mails say is the operator's.
let reading
async function inboxOf() {
  // Not by the browser's context: its cookie is of who is signed in there.
  const entered = await fetch(`${url}/api/v1/session`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email: operator, password: operatorPassword }) })
  const { token: reader } = await entered.json()
  const { items } = await ask('GET', 'accounts', reader)
  return { reader, account: `account=${items[0].id}` }
}
async function linkIn(to, path) {
  const { reader, account } = (reading ??= await inboxOf())
  return until(`no mail with ${path} came to ${to}`, async () => {
    const { items } = await ask('GET', `sandbox/inbox?limit=20&${account}`, reader)
    for (const mail of items.filter((one) => one.rcpt_to === to)) {
      const { text } = await ask('GET', `sandbox/inbox/${mail.id}/reading?${account}`, reader)
      const link = new RegExp(`http://\\S+/${path}#token=\\S+`).exec(text)?.[0]
      if (link) return link
    }
  })
}

async function signIn(on, email, secret) {
  await on.goto('/login')
  await on.fill('input[name=email]', email)
  await on.fill('input[name=password]', secret)
  await on.keyboard.press('Enter')
}

await check('the sign-in leads to the sign-up, which says at the field what is missing', async () => {
  await page.goto('/login')
  await page.locator('a[href="/signup"]').click()
  await page.waitForURL('**/signup')
  await page.fill('input[name=email]', owner)
  await page.fill('input[name=password]', 'short')
  await page.click('button[type=submit]')
  equal(await page.locator('.field-error').count(), 2, 'errors')
})
await check('signed up, the page says that a mail is on its way, in the language that was chosen', async () => {
  await page.selectOption('select[name=language]', 'zh')
  await page.fill('input[name=password]', password)
  await page.fill('input[name=account]', 'harbour')
  await page.click('button[type=submit]')
  await page.getByRole('heading', { level: 1, name: '请查收邮件' }).waitFor()
  await page.getByText(owner).waitFor()
  await page.selectOption('select[name=language]', 'en')
})
await check('before the link is opened nobody can sign in; the link works once', async () => {
  await signIn(page, owner, password)
  await page.getByRole('alert').getByText('is wrong').waitFor()
  const link = await linkIn(owner, 'confirm')
  await page.goto('about:blank')
  await page.goto(link)
  await page.fill('input[name=registered_password]', 'of somebody else')
  await page.getByRole('button', { name: 'Confirm', exact: true }).click()
  await page.locator('.field-error').waitFor()
  await page.fill('input[name=registered_password]', password)
  await page.getByRole('button', { name: 'Confirm', exact: true }).click()
  await page.locator('input[name=password]').waitFor()
  equal(await page.locator('input[name=email]').inputValue(), owner, 'the address')
  const other = await context.newPage()
  await other.goto(link)
  await other.fill('input[name=registered_password]', password)
  await other.getByRole('button', { name: 'Confirm', exact: true }).click()
  await other.getByRole('alert').getByText('used').waitFor()
  await other.close()
  wrongs.splice(0)
})
await check('confirmed, one signs in as the owner of the account that was named', async () => {
  await page.fill('input[name=password]', password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/overview')
  await choose(page, 'en')
  await page.goto('/me')
  await page.getByText('harbour', { exact: true }).waitFor()
  await page.locator('dd', { hasText: /^Owner / }).waitFor()
})

let secret = ''
let recovery = []
await check('the second factor is turned on with the password, the secret and a code of it', async () => {
  await page.locator('[data-do=add]').click()
  await dialog.locator('input[name=factor_password]').fill('not the password')
  await page.keyboard.press('Enter')
  await dialog.locator('.field-error').waitFor()
  await dialog.locator('input[name=factor_password]').fill(password)
  await page.keyboard.press('Enter')
  await dialog.locator('.qr-code path').waitFor()
  secret = await dialog.locator('[data-secret=totp] code').innerText()
  isTrue((await dialog.getByText(/^otpauth:\/\/totp\//).innerText()).includes(secret.replace(/\s/g, '')), 'the address lacks the secret')
  await dialog.locator('input[name=factor_code]').fill('000000')
  await page.keyboard.press('Enter')
  await dialog.locator('.field-error').waitFor()
  await dialog.locator('input[name=factor_code]').fill(totp(secret, -1))
  await page.keyboard.press('Enter')
  await dialog.locator('[data-secret=recovery] li').first().waitFor()
  recovery = await dialog.locator('[data-secret=recovery] code').allInnerTexts()
  equal([recovery.length, new Set(recovery).size], [10, 10], 'recovery codes')
  wrongs.splice(0)
})
await check('the recovery codes are left by their button only, and are not to be seen again', async () => {
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await dialog.locator('[data-secret=recovery]').waitFor()
  const [file] = await Promise.all([page.waitForEvent('download'), dialog.locator('a[download]').click()])
  isTrue((await (await import('node:fs/promises')).readFile(await file.path(), 'utf8')).includes(recovery[9]), 'the file lacks a code')
  await dialog.getByRole('button', { name: 'I have kept it', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  equal(await page.getByText(recovery[0]).count(), 0, 'codes in the page')
  await page.locator('#factor ~ [data-state=on], .record-head [data-state=on]').first().waitFor()
})
await check('signed out, the sign-in asks for the code, and a wrong one is said at its field', async () => {
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.waitForURL('**/login')
  await signIn(page, owner, password)
  await page.locator('input[name=code]').fill('000000')
  await page.keyboard.press('Enter')
  await page.locator('.field-error').waitFor()
  equal(await page.locator('input[name=code]').inputValue(), '', 'the code')
  await page.locator('input[name=code]').fill(totp(secret))
  await page.keyboard.press('Enter')
  await page.waitForURL('**/overview')
  wrongs.splice(0)
})

// Another browser, where the phone is away.
const away = await browser.newContext({ baseURL: url, locale: 'en-US' })
away.setDefaultTimeout(8000)
const far = await away.newPage()
await check('a recovery code signs in where the phone is away', async () => {
  await signIn(far, owner, password)
  await far.locator('input[name=code]').fill(recovery[0])
  await far.keyboard.press('Enter')
  await far.waitForURL('**/overview')
})
await check('the sessions are listed, and one is ended: its page asks to sign in', async () => {
  await page.goto('/me')
  await page.getByText('9 recovery codes are left').waitFor()
  await page.locator('[data-current]').first().waitFor()
  equal(await page.locator('[data-current]').count(), 1, 'sessions of this page')
  await page.locator('tr:not([data-current]) [data-do=end]').first().click()
  await dialog.getByRole('button', { name: 'End', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  await until('the session is in the list', async () => (await page.locator('#sessions ~ * , tbody tr').count()) >= 1 && (await page.locator('tr:not([data-current]) [data-do=end]').count()) === 0)
  // What it asks next is refused.
  await far.locator('a[href="/keys"]').click()
  await far.locator('dialog[open] input[name=password]').waitFor()
  await away.close()
})

const boss = (await ask('POST', 'session', '', { email: operator, password: operatorPassword })).token
const { account } = await (await context.request.get('/api/v1/session')).json()
// An account that is not activated yet mails nobody.
await ask('POST', `accounts/${account}/activate`, boss)
const made = await browser.newContext({ baseURL: url, locale: 'en-US' })
made.setDefaultTimeout(8000)
const theirs = await made.newPage()
await check('a developer is invited to one domain by a mail with a link', async () => {
  const { csrf } = await (await context.request.get('/api/v1/session')).json()
  const added = await context.request.post('/api/v1/domains', { headers: { 'X-Posthouse-Csrf': csrf }, data: { name: 'harbour.sandbox.example' } })
  isTrue(added.ok(), await added.text())
  await page.goto('/users?add')
  await dialog.locator('input[name=email]').fill(developer)
  await dialog.locator('select[name=some_domains]').selectOption('some')
  await dialog.locator('button[type=submit]').click()
  await dialog.locator('fieldset .field-error').waitFor()
  await dialog.locator('input[name=policy_domain][value="harbour.sandbox.example"]').check()
  await dialog.locator('button[type=submit]').click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('row', { name: new RegExp(developer) }).getByText('only harbour.sandbox.example').waitFor()
})
await check('the link says into which account and as what, and a password of one’s own signs in', async () => {
  await theirs.goto(await linkIn(developer, 'invitation'))
  await theirs.getByText('harbour', { exact: true }).waitFor()
  await theirs.locator('dd', { hasText: /^Developer / }).waitFor()
  await theirs.fill('input[name=password]', 'another long password')
  await theirs.keyboard.press('Enter')
  await theirs.waitForURL('**/overview')
  await theirs.locator('nav a[href="/me"]').waitFor()
  equal(await theirs.locator('nav a[href="/users"], nav a[href="/audit"]').count(), 0, 'pages of administrators')
})
await check('rights are taken away, and the page of whom it was loses what is his no more', async () => {
  await page.goto('/users')
  await page.getByRole('row', { name: new RegExp(developer) }).locator('[data-do=edit]').click()
  await dialog.locator('select[name=some_rights]').selectOption('some')
  await dialog.locator('input[name=policy_right][value=manage_keys]').uncheck()
  await dialog.locator('input[name=policy_right][value=send]').uncheck()
  await dialog.locator('button[type=submit]').click()
  await dialog.waitFor({ state: 'detached' })
  await theirs.reload()
  await theirs.locator('nav a[href="/messages"]').waitFor()
  equal(await theirs.locator('nav a[href="/keys"], nav a[href="/send"]').count(), 0, 'pages of rights that are gone')
})
await check('the audit log tells who, from where, what before and after, and narrows by the address', async () => {
  await page.goto('/audit')
  await page.locator('tr[data-action="invitation.create"]').waitFor()
  await page.locator('select[name=action]').selectOption('user')
  await page.waitForURL('**/audit?action=user')
  const row = page.locator('tr[data-action="user.change"]').first()
  await row.waitFor()
  await page.locator('tr[data-action="invitation.create"]').waitFor({ state: 'detached' })
  await row.getByText(owner).waitFor()
  await row.getByText('127.0.0.1').waitFor()
  await row.locator('summary').click()
  equal(await row.locator('ins').allInnerTexts(), ['Look, Follow messages'], 'after')
  await page.goBack()
  await page.locator('tr[data-action="invitation.create"]').waitFor()
})
await check('somebody who is disabled is out at once', async () => {
  await page.goto('/users')
  await page.getByRole('row', { name: new RegExp(developer) }).locator('[data-do=disable]').click()
  await dialog.getByRole('button', { name: 'Disable', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('row', { name: new RegExp(developer) }).locator('[data-do=enable]').waitFor()
  await page.goto('/audit?action=user.change')
  const row = page.locator('tr[data-action="user.change"]').first()
  await row.locator('summary').click()
  equal([await row.locator('del').innerText(), await row.locator('ins').innerText()], ['no', 'yes'], 'before and after')
  await theirs.locator('nav a[href="/messages"]').click()
  await theirs.locator('dialog[open] input[name=password]').waitFor()
  await made.close()
})

const pdf = Buffer.from('%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n')
await check('an enterprise proves itself: what is missing is said, a picture that is none is refused, a PDF goes up', async () => {
  await page.goto('/identity')
  await page.locator('input[name=kind][value=enterprise]').check()
  await page.locator('form button[type=submit]').click()
  equal(await page.locator('.field-error').count(), 4, 'errors')
  await page.setInputFiles('input[name=evidence]', { name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from('no picture') })
  await page.getByText('logo.png: ').waitFor()
  await page.setInputFiles('input[name=evidence]', { name: 'licence.pdf', mimeType: 'application/pdf', buffer: pdf })
  await page.locator('[data-evidence]').getByText('licence.pdf').waitFor()
  wrongs.splice(0)
})
await check('submitted, the number is masked and nothing can be changed', async () => {
  await page.fill('input[name=company]', 'Harbour Lights Ltd')
  await page.fill('input[name=registration_number]', '91350100M000100Y43')
  await page.fill('input[name=contact]', 'Maria Berg')
  await page.locator('form button[type=submit]').click()
  await page.locator('.record-head [data-state=submitted]').waitFor()
  const shown = await page.locator('[data-fact=registration_number]').innerText()
  isTrue(!shown.includes('350100M000100') && shown.includes('*'), shown)
  equal(await page.locator('form').count(), 0, 'forms')
})
await check('the operator’s refusal is there with its reason, and one submits again', async () => {
  await ask('POST', `identity-reviews/${account}/reject`, boss, { reason: 'The licence has no stamp.' })
  await page.reload()
  await page.locator('[data-reason]').getByText('The licence has no stamp.').waitFor()
  await page.locator('[data-do=again]').click()
  equal(await page.locator('input[name=registration_number]').inputValue(), '', 'the number')
  await page.fill('input[name=registration_number]', '91350100M000100Y43')
  await page.setInputFiles('input[name=evidence]', { name: 'stamped.pdf', mimeType: 'application/pdf', buffer: pdf })
  await page.locator('[data-evidence]').getByText('stamped.pdf').waitFor()
  await page.locator('form button[type=submit]').click()
  await page.locator('.record-head [data-state=submitted]').waitFor()
})
await check('the operator’s approval is seen', async () => {
  await ask('POST', `identity-reviews/${account}/approve`, boss)
  await page.reload()
  await page.locator('.record-head [data-state=approved]').waitFor()
  equal(await page.locator('.story li').count(), 4, 'steps of the history')
})
await check('a forgotten password is set by the link in the mail; the second factor stays', async () => {
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.waitForURL('**/login')
  await page.locator('a[href="/reset"]').click()
  await page.fill('input[name=email]', owner)
  await page.locator('form button[type=submit]').click()
  await page.getByRole('heading', { level: 1, name: 'Look into your mailbox' }).waitFor()
  await page.goto(await linkIn(owner, 'reset'))
  await page.fill('input[name=password]', 'a password of today')
  await page.locator('form button[type=submit]').click()
  await page.getByRole('heading', { level: 1, name: 'The password is set' }).waitFor()
  await signIn(page, owner, 'a password of today')
  await page.locator('input[name=code]').fill(recovery[1])
  await page.keyboard.press('Enter')
  await page.waitForURL('**/overview')
  await settled(page)
})
await check('on all of it nothing was executed, reported or asked elsewhere', async () => {
  equal(wrongs.filter((what) => !/status of 40[134] /.test(what)), [], 'the list')
})
await browser.close()

// What a customer costs and is allowed, in the browser: settings, registration, identity, activation,
// the free mails and their end, a grant, a payment, a package, a bill; suspended, let go on, acted for.
//   node billing.mjs URL EMAIL PASSWORD
// EMAIL is the operator's.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { check, choose, equal, isTrue, open, settled, until } from './browser.mjs'

const [url, email, password] = process.argv.slice(2)
const customer = { email: 'anna@shop.example', password: 'a long enough password', account: "Anna <img src=x onerror=executed('name')>" }
const domain = 'shop.sandbox.example'
const free = 2
const paid = '5.00'
// The bill of one mail comes while this runs.
const spent = /3\.50|3\.4981/
const { browser, page, wrongs } = await open({ baseURL: url, locale: 'en-US', reducedMotion: 'reduce' })
// The customer sits at another machine.
const other = await browser.newContext({ baseURL: url, locale: 'en-US', viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
other.setDefaultTimeout(8000)
const hers = await other.newPage()
const dialog = (of) => of.locator('dialog[open]')
const toast = (of, words) => of.locator('.toast', { hasText: words }).first().waitFor()

// As the page itself would: with the session and its proof.
async function ask(of, method, path, body) {
  const api = of.context().request
  const session = await (await api.get(`${url}/api/v1/session`)).json()
  const answer = await api.fetch(`${url}/api/v1/${path}`, { method, data: body, headers: { 'X-Posthouse-Csrf': session.csrf ?? '' } })
  const text = await answer.text()
  return { status: answer.status(), body: text.startsWith('{') ? JSON.parse(text) : text }
}
async function signIn(of, as) {
  await of.goto('/login')
  await of.fill('input[name=email]', as.email)
  await of.fill('input[name=password]', as.password)
  await of.keyboard.press('Enter')
  await of.waitForURL('**/overview*')
  await choose(of, 'en')
}
const send = (n) => ask(hers, 'POST', 'messages', { from: `hello@${domain}`, to: [`to-${n}@example.com`], subject: `mail ${n}`, text: 'plain words' })
async function set(values) {
  await page.goto('/settings')
  for (const [name, value] of Object.entries(values)) {
    const field = page.locator(`[name="${name}"]`)
    await field.waitFor()
    if ((await field.evaluate((one) => one.tagName)) === 'SELECT') await field.selectOption(value)
    else await field.fill(value)
  }
  await page.locator('form', { has: page.locator('[name="registration.mode"]') }).locator('button[type=submit]').click()
  await toast(page, 'Saved.')
}
let account = 0

await check('the operator opens the registration, wants identities, and sets the free mails', async () => {
  await signIn(page, { email, password })
  await set({ 'registration.mode': 'open', 'identity.mode': 'required', 'billing.free_mails': String(free), 'billing.day_offset_minutes': '0' })
  await page.reload()
  await page.locator('[name="billing.free_mails"]').waitFor()
  equal(await page.locator('[name="billing.free_mails"]').inputValue(), String(free), 'the setting')
})

await check('a setting that is out of its bounds is said at its field, and not sent', async () => {
  await page.locator('[name="quota.first_level"]').fill('21')
  await page.locator('.field', { has: page.locator('[name="quota.first_level"]') }).locator('.field-error').waitFor()
  await page.reload()
})

await check('a package is put on sale, with what a mail of it costs', async () => {
  await page.goto('/offers?add')
  await dialog(page).locator('[name=name]').fill('Ten mails')
  await dialog(page).locator('[name=mails]').fill('10')
  await dialog(page).locator('[name=price]').fill('1.5')
  await dialog(page).getByText('0.15').waitFor()
  await dialog(page).locator('button[type=submit]').click()
  await page.locator('[data-offer="Ten mails"]').waitFor()
})

await check('a price has tiers, and names the row that is wrong', async () => {
  await page.goto('/offers?add=price')
  await dialog(page).locator('[name=price-0]').fill('0.0019')
  await dialog(page).getByRole('button', { name: 'Add a tier' }).click()
  await dialog(page).locator('[name=from-1]').fill('1')
  await dialog(page).locator('[name=price-1]').fill('0.0015')
  await dialog(page).locator('button[type=submit]').click()
  await dialog(page).locator('.tier-row').nth(1).locator('.field-error').waitFor()
  await dialog(page).locator('[name=from-1]').fill('100001')
  await dialog(page).locator('button[type=submit]').click()
  await page.locator('.price-version').first().waitFor()
  isTrue((await page.locator('.price-version').first().innerText()).includes('100,001'), 'the tier')
})

await check('who registers gets a link by the operator, because no mail goes out', async () => {
  const asked = await ask(hers, 'POST', 'registration', { ...customer, language: 'en' })
  equal(asked.status, 202, JSON.stringify(asked.body))
  await page.goto('/registrations')
  await page.locator('[data-mode=open]').waitFor()
  const row = page.locator('[data-link=confirm]').first()
  await row.waitFor()
  const link = await row.locator('code').innerText()
  isTrue(link.includes('#token='), link)
  const confirmed = await ask(hers, 'POST', 'registration/confirm', { token: link.split('#token=')[1], password: customer.password })
  equal(confirmed.status, 200, JSON.stringify(confirmed.body))
})

await check('her overview begins with identity and activation, which says what is missing', async () => {
  await signIn(hers, customer)
  await hers.locator('.step.next[data-step=identity]').waitFor()
  await hers.goto('/activate')
  await hers.locator('.step.next[data-step=identity]').waitFor()
  isTrue(await hers.locator('[name=agree]').isDisabled(), 'the agreement can be accepted too early')
})

await check('the operator reviews the identity, with its evidence, and rejects and approves', async () => {
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
  const session = await (await other.request.get(`${url}/api/v1/session`)).json()
  const put = await other.request.post(`${url}/api/v1/identity/evidence?filename=licence.png`, { data: png, headers: { 'Content-Type': 'image/png', 'X-Posthouse-Csrf': session.csrf } })
  equal(put.status(), 201, await put.text())
  const person = { kind: 'individual', name: 'Anna', document_number: '110101199003074514' }
  equal((await ask(hers, 'PUT', 'identity', person)).status, 200, 'the submission')
  for (const [verb, words] of [['reject', 'rejected'], ['approve', 'approved']]) {
    await page.goto('/identity-reviews')
    await page.locator(`[data-review="${customer.account}"] a`).click()
    await page.waitForURL('**/identity-reviews/*')
    await page.locator('[data-fact=document_number]', { hasText: person.document_number }).waitFor()
    const file = await page.context().request.get(url + (await page.locator('[data-evidence]').first().getAttribute('href')))
    equal([file.status(), (await file.body()).equals(png)], [200, true], 'the evidence')
    await page.locator(`[data-do=${verb}]`).click()
    if (verb === 'reject') {
      await dialog(page).locator('button[type=submit]').click()
      await dialog(page).locator('.field-error').waitFor()
      await dialog(page).locator('[name=reason]').fill('The name is missing.')
      await dialog(page).locator('button[type=submit]').click()
    } else await dialog(page).getByRole('button', { name: 'Approve', exact: true }).click()
    await toast(page, words)
    if (verb === 'reject') equal((await ask(hers, 'PUT', 'identity', person)).status, 200, 'the second submission')
  }
})

await check('she activates by the agreement, and has her free mails', async () => {
  await hers.goto('/activate')
  await hers.locator('button[type=submit]').click()
  await hers.locator('.field-error', { hasText: /\S/ }).waitFor()
  await hers.locator('[name=agree]').check()
  await hers.locator('button[type=submit]').click()
  await hers.locator('[data-activated]').waitFor()
  await hers.goto('/billing')
  await hers.locator('[data-allowance=free]', { hasText: `${free} of ${free} left` }).waitFor()
  await hers.locator('[data-next=free]').waitFor()
  account = (await (await other.request.get(`${url}/api/v1/session`)).json()).account_id
})

await check('the free mails fall with what she sends, and the quota shows her level', async () => {
  for (const [path, body] of [['domains', { name: domain }], [`domains/${domain}/publish`], [`domains/${domain}/verify`], ['addresses', { address: `hello@${domain}` }]]) {
    const done = await ask(hers, 'POST', path, body)
    isTrue(done.status < 300, `${path}: ${JSON.stringify(done.body)}`)
  }
  for (let n = 0; n < free; ++n) equal((await send(n)).status, 202, `mail ${n}`)
  await hers.goto('/billing')
  await hers.locator('[data-allowance=free]', { hasText: `0 of ${free} left` }).waitFor()
  await hers.locator('[data-standing=exhausted]').waitFor()
  await hers.goto('/quota')
  await hers.locator(`[data-domain="${domain}"] [data-level="1"]`).waitFor()
  await hers.locator('[data-rise=volume]').waitFor()
})

await check('at the end she is refused, and the reason is said where she writes', async () => {
  await hers.goto('/send')
  await hers.locator('textarea[name=to]').fill('late@example.com')
  await hers.locator('input[name=subject]').fill('too late')
  await hers.locator('textarea[name=text]').fill('plain words')
  await hers.locator('main form button[type=submit]').click()
  await hers.locator('[role=alert]', { hasText: /used up|nothing is left|free mails/i }).first().waitFor()
})

await check('the operator grants mails and records a payment, once by its reference', async () => {
  await page.goto('/customers')
  await page.locator(`[data-customer="${customer.account}"] a`).click()
  await page.waitForURL(/\/customers\/\d+/)
  await page.locator('[data-do=grant]').click()
  await dialog(page).locator('[name=mails]').fill('1')
  await dialog(page).locator('button[type=submit]').click()
  await toast(page, 'Saved.')
  for (let twice = 0; twice < 2; ++twice) {
    await page.locator('[data-do=pay]').click()
    await dialog(page).locator('[name=amount]').fill('5')
    await dialog(page).locator('[name=reference]').fill('bank 42')
    await dialog(page).locator('button[type=submit]').click()
    await dialog(page).waitFor({ state: 'detached' })
  }
  await page.locator('[data-balance]', { hasText: paid }).waitFor()
})

await check('she sees both, and sends the granted mail', async () => {
  await hers.goto('/billing')
  await hers.locator('[data-sum=balance]', { hasText: paid }).waitFor()
  await hers.locator('[data-next=package]').waitFor()
  equal((await send('granted')).status, 202, 'the granted mail')
  equal((await send('none')).status, 402, 'the mail after it')
})

await check('post-paid is hers to switch on: mails go on, and stop when it is off again', async () => {
  const turn = async (verb, state) => {
    await hers.goto('/billing')
    await hers.locator('[data-do=post-paid]').click()
    await dialog(hers).getByRole('button', { name: verb, exact: true }).click()
    await dialog(hers).waitFor({ state: 'detached' })
    await hers.locator('section', { has: hers.locator('#post-paid') }).locator(`[data-state=${state}]`).waitFor()
  }
  await turn('Switch on', 'on')
  await hers.locator('[data-next=post_paid]').waitFor()
  equal((await send('post-paid')).status, 202, 'the post-paid mail')
  await turn('Switch off', 'off')
  await hers.locator('[data-next=none]').waitFor()
})

await check('limits and settings of her own are saved, and the billing day ends', async () => {
  await page.goto(`/customers/${account}?part=limits`)
  await page.locator('[name=domains]').fill('7')
  await page.locator('[name=domains]').press('Enter')
  await toast(page, 'Saved.')
  await page.goto(`/customers/${account}?part=settings`)
  await page.locator('[name="quota.per_mailbox_hour"]').fill('3')
  await page.locator('[name="quota.per_mailbox_hour"]').press('Enter')
  await toast(page, 'Saved.')
  // From now on it begins a day earlier; the keeper of bills takes two looks, of 30 s each.
  await set({ 'billing.day_offset_minutes': '1439' })
})

await check('she buys a package from her balance', async () => {
  await hers.goto('/billing?add')
  await dialog(hers).locator('button[type=submit]').click()
  await dialog(hers).locator('.field-error').waitFor()
  await dialog(hers).locator('[data-offer="Ten mails"]').click()
  await dialog(hers).locator('button[type=submit]').click()
  await hers.locator('[data-sum=balance]', { hasText: spent }).waitFor()
  await hers.locator('.allowances', { hasText: 'Ten mails' }).waitFor()
  equal((await send('bought')).status, 202, 'the bought mail')
  await hers.goto('/billing/ledger')
  await hers.locator('[data-entry=package]').waitFor()
  await hers.locator('[data-entry=payment]', { hasText: 'bank 42' }).waitFor()
  equal(await hers.locator('[data-entry=payment]').count(), 1, 'payments')
  const csv = await (await other.request.get(url + (await hers.locator('[data-csv=ledger]').getAttribute('href')))).text()
  isTrue(csv.includes('bank 42') && csv.includes('-1500000'), csv)
})

await check('the use by day is a curve and a file', async () => {
  await hers.goto('/billing')
  await hers.locator('.chart canvas').waitFor()
  const csv = await (await other.request.get(url + (await hers.locator('[data-csv=usage]').getAttribute('href')))).text()
  isTrue(/^day,free,package,post_paid/.test(csv) && csv.trim().split('\n').length >= 2, csv)
})

await check('the operator suspends with a notice: she is refused with the reason, and let go on', async () => {
  await page.goto(`/customers/${account}`)
  await page.locator('[data-do=suspend]').click()
  await dialog(page).locator('[name=reason]').fill('Complaints from readers.')
  await dialog(page).locator('button[type=submit]').click()
  await page.locator('[data-suspended]', { hasText: 'Complaints from readers.' }).waitFor()
  equal((await send('suspended')).body.reason, 'account_suspended', 'the refusal')
  await page.locator('[data-do=resume]').click()
  await dialog(page).getByRole('button', { name: 'Resume', exact: true }).click()
  await page.locator('[data-do=suspend]').waitFor()
  equal((await send('resumed')).status, 202, 'the mail after it')
})

await check('the operator acts as her: every page says so, she reads it, and it ends', async () => {
  await page.locator('[data-do=impersonate]').click()
  await dialog(page).locator('[name=reason]').fill('ticket 4711')
  await dialog(page).locator('button[type=submit]').click()
  await page.waitForURL('**/overview*')
  for (const path of ['/overview', '/billing', '/domains']) {
    await page.goto(path)
    const banner = page.locator('.impersonation')
    await banner.waitFor()
    const words = await banner.innerText()
    isTrue(words.includes(customer.account) && words.includes('ticket 4711') && words.includes(email), words)
  }
  await page.goto('/billing')
  await page.locator('[data-sum=balance]', { hasText: spent }).waitFor()
  await page.locator('[data-do=end-impersonation]').click()
  await page.waitForURL(`**/customers/${account}*`)
  equal(await page.locator('.impersonation').count(), 0, 'banners')
  const audit = await ask(hers, 'GET', 'audit?action=impersonation.begin')
  isTrue(JSON.stringify(audit.body).includes('ticket 4711'), JSON.stringify(audit))
})

await check('she sees the bill of the day that has ended, as it is printed', async () => {
  const row = await until('no bill', async () => {
    const { body } = await ask(hers, 'GET', 'billing/bills')
    return body.items[0]
  }, 70)
  await hers.goto('/billing')
  await hers.locator(`[data-bill="${row.id}"] a`).click()
  await hers.waitForURL('**/billing/bills/*')
  isTrue(/\b1\b[^]*0\.0019/.test(await hers.locator('[data-total]').innerText()), 'the total')
  await hers.emulateMedia({ media: 'print' })
  isTrue(await hers.locator('.bill-lines').isVisible(), 'the lines are not printed')
  for (const what of ['.top', '.side', '.page-actions button']) isTrue(!(await hers.locator(what).first().isVisible()), `${what} is printed`)
  await hers.emulateMedia({ media: 'screen' })
  await hers.goto('/quota')
  await hers.locator('.facts dd', { hasText: /^3$/ }).waitFor()
})

await check('what only the operator sees is not hers', async () => {
  for (const path of ['/customers', `/customers/${account}`, '/identity-reviews', '/offers', '/settings', '/registrations']) {
    await hers.goto(path)
    await hers.getByText('This page is for the operator.').waitFor()
  }
  for (const path of ['customers', 'settings', 'offers', 'prices', 'identity-reviews', 'registration/links'])
    equal((await ask(hers, 'GET', path)).status, 403, path)
})

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
async function judged(of, path, lang, width) {
  await of.setViewportSize({ width, height: 844 })
  await of.mouse.move(0, 0) // nothing is hovered
  await of.goto(`${path}${path.includes('?') ? '&' : '?'}lang=${lang}`)
  await settled(of)
  const over = await of.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  isTrue(over <= 0, `${path}: ${over} px wider than the screen`)
  await of.evaluate(source)
  const found = await of.evaluate(() => window.axe.run(document, { iframes: false, resultTypes: ['violations'] }))
  const bad = found.violations.filter((one) => ['serious', 'critical', 'moderate'].includes(one.impact))
  equal(bad.map((one) => `${one.id}: ${one.nodes[0].target.join(' ')}`), [], path)
}
const pages = [
  [hers, ['/activate', '/billing', '/billing?add', '/billing/ledger', '/quota']],
  [page, ['/customers', '/customers?add', `/customers/${account}`, `/customers/${account}?part=levels`, `/customers/${account}?part=settings`, '/identity-reviews', '/offers', '/offers?add=price', '/settings', '/registrations']],
]
for (const [lang, width] of [['en', 1440], ['zh', 390]])
  await check(`in ${lang} at ${width} px these pages have no finding of axe, and fit the screen`, async () => {
    for (const [of, paths] of pages) for (const path of paths) await judged(of, path, lang, width)
  })

await check('none of it executed, reported or asked elsewhere', async () => {
  // A refused call is an error in the browser's console.
  equal(wrongs.filter((what) => !/Failed to load resource: the server responded with a status of (401|402|403|409)/.test(what)), [], 'the list')
})
await browser.close()

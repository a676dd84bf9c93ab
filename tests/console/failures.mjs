// What a page does when things go wrong: the session ends, the server is away, a change is refused.
//   node failures.mjs URL EMAIL PASSWORD
import { check, choose, equal, isTrue, open } from './browser.mjs'

const [url, email, password] = process.argv.slice(2)
const { browser, context, page } = await open({ baseURL: url, locale: 'en-US' })
const dialog = page.locator('dialog[open]')
async function signIn(within = page) {
  await within.locator('input[name=email]').fill(email)
  await within.locator('input[name=password]').fill(password)
  await within.locator('button[type=submit]').click()
}
await page.goto('/login')
await signIn()
await page.waitForURL('**/overview')
await choose(page, 'en')

await check('a session that ends keeps what was written, and the click goes on after a new sign-in', async () => {
  await page.goto('/domains?add')
  await dialog.locator('input[name=domain]').fill('kept.sandbox.example')
  await context.clearCookies()
  const submit = page.locator('button[form=domain-add]')
  const ended = page.getByText('Your session has ended')
  // What the page asks by itself may find it out before the click.
  await Promise.any([submit.click(), ended.waitFor()])
  await ended.waitFor()
  await signIn(page.locator('dialog[open]').last())
  await ended.waitFor({ state: 'detached' })
  const made = (timeout) => page.waitForURL('**/domains/kept.sandbox.example', { timeout })
  await made(3000).catch(() => submit.click())
  await made(8000)
})

const away = () => context.route('**/api/**', (route) => route.abort())
const back = () => context.unroute('**/api/**')

await check('a server that goes away is said, what was there stays, and the note goes when it is back', async () => {
  await page.goto('/messages')
  const mail = page.getByRole('link', { name: /The first mail/ }).first()
  await mail.waitFor()
  await away()
  const note = page.getByText('What you see may be old')
  await note.waitFor({ timeout: 20_000 })
  isTrue(await mail.isVisible(), 'the list is gone')
  await back()
  await note.waitFor({ state: 'detached', timeout: 20_000 })
  isTrue(await mail.isVisible(), 'the list is gone')
})

await check('a page that begins while the server is away comes by itself when it is back', async () => {
  await away()
  await page.goto('/messages')
  await page.getByText('Check that it runs').waitFor()
  await back()
  await page.getByRole('heading', { level: 1, name: 'Messages' }).waitFor({ timeout: 20_000 })
  await page.getByRole('link', { name: /The first mail/ }).first().waitFor()
})

await check('a refused name is said at its field, in the words of the API', async () => {
  await page.goto('/domains?add')
  await dialog.locator('input[name=domain]').fill('kept.sandbox.example')
  await dialog.locator('button[type=submit]').click()
  equal(await dialog.locator('.field-error').innerText(), 'The account has this sender domain already.', 'the sentence')
  equal(await dialog.locator('input[name=domain]').getAttribute('aria-invalid'), 'true', 'aria-invalid')
})

await check('a blind copy is refused at its own field, and gets the mail when it is right', async () => {
  await page.goto('/send')
  await page.locator('textarea[name=to]').fill('anna@example.com')
  await page.getByRole('button', { name: 'Add Cc or Bcc' }).click()
  await page.locator('textarea[name=bcc]').fill('nobody')
  await page.locator('textarea[name=text]').fill('to both')
  await page.locator('main form button[type=submit]').click()
  await page.locator('.field', { has: page.locator('textarea[name=bcc]') }).locator('.field-error').waitFor()
  await page.locator('textarea[name=bcc]').fill('bert@example.com')
  await page.locator('main form button[type=submit]').click()
  await page.waitForURL(/\/messages\/\w+/)
  await page.locator('.recipient[data-state=delivered]').nth(1).waitFor({ timeout: 20_000 })
  isTrue(await page.getByRole('heading', { level: 2, name: 'bert@example.com' }).isVisible(), 'the copy is missing')
  await page.goto('/messages')
  await page.locator('tbody tr').first().locator('.state-tag[data-state=delivered]').waitFor()
})

await check('Escape closes a dialog, and the focus is back where it was', async () => {
  await page.goto('/domains')
  const add = page.getByRole('button', { name: 'Add a domain' })
  await add.focus()
  await page.keyboard.press('Enter')
  await dialog.waitFor()
  isTrue(await dialog.evaluate((one) => one.contains(document.activeElement)), 'the focus is outside')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  isTrue(await add.evaluate((one) => one === document.activeElement), 'the focus is elsewhere')
})

await check('a domain is deleted only after its consequence was named', async () => {
  await page.getByRole('button', { name: 'Delete kept.sandbox.example?' }).click()
  await dialog.getByText('its DKIM keys are destroyed').waitFor()
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByRole('link', { name: 'kept.sandbox.example' }).waitFor({ state: 'detached' })
})

await check('the keyboard reaches the content first by the skip link, and tabs by arrows', async () => {
  await page.goto('/keys')
  await page.getByRole('tab').first().waitFor()
  await page.keyboard.press('Tab')
  equal(await page.evaluate(() => document.activeElement.getAttribute('href')), '#content', 'the first stop')
  await page.getByRole('tab').first().focus()
  await page.keyboard.press('ArrowRight')
  equal(await page.getByRole('tab').nth(1).getAttribute('aria-selected'), 'true', 'the second tab')
})

await check('on a phone the menu opens, leads on, and closes', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto('/overview')
  await page.getByRole('button', { name: 'Open the menu' }).click()
  await page.getByRole('link', { name: 'Sender addresses' }).click()
  await page.waitForURL('**/addresses')
  await page.locator('#nav').waitFor({ state: 'hidden' })
})
await browser.close()

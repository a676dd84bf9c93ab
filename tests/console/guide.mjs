// The road of the guide, walked on a fresh server, with a picture of each step; then the guide itself,
// each chapter with its pictures.
//   node guide.mjs URL EMAIL PASSWORD en|zh DIRECTORY
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { check, equal, isTrue, open, settled } from './browser.mjs'

const [url, email, password, lang, directory] = process.argv.slice(2)
mkdirSync(directory, { recursive: true })
const domain = 'news.sandbox.example'
const { browser, page, wrongs } = await open({ baseURL: url, locale: lang === 'zh' ? 'zh-CN' : 'en-US', viewport: { width: 1000, height: 720 } })
const dialog = page.locator('dialog[open]')

async function picture(name) {
  await settled(page)
  // Nothing that differs from one run to the next: the caret, the focus.
  await page.screenshot({ path: join(directory, `${name}.png`), animations: 'disabled', caret: 'hide' })
}

await check(`${lang}: the overview of a fresh account shows the first step`, async () => {
  await page.goto('/login')
  await page.fill('input[name=email]', email)
  await page.fill('input[name=password]', password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/overview')
  await page.locator('.step.next[data-step=domain]').waitFor()
  await picture('overview')
})
await check(`${lang}: a domain is added, its records are there, and it is verified`, async () => {
  await page.goto('/domains?add')
  await dialog.locator('input[name=domain]').fill(domain)
  await picture('domain-add')
  await dialog.locator('button[type=submit]').click()
  await page.waitForURL(`**/domains/${domain}`)
  await dialog.locator('[data-check=spf][data-state=missing]').waitFor()
  await picture('records')
  await dialog.locator('[data-do=publish]').click()
  await dialog.locator('[data-check=mx][data-state=ok]').waitFor()
  const verified = dialog.locator('.verified')
  // It may be so by itself before the button is reached.
  await Promise.any([dialog.locator('[data-do=verify]').click(), verified.waitFor()])
  await verified.waitFor({ timeout: 20_000 })
  await picture('verified')
})
await check(`${lang}: an address is made`, async () => {
  await page.goto(`/addresses?add&domain=${domain}`)
  await dialog.locator('input[name=prefix]').fill('hello')
  await dialog.locator('input[name=name]').fill(lang === 'zh' ? '驿站' : 'Posthouse')
  await picture('address-add')
  await dialog.locator('button[type=submit]').click()
  await page.getByRole('row', { name: new RegExp(`hello@${domain}`) }).waitFor()
})
await check(`${lang}: a mail is written, sent and delivered`, async () => {
  await page.goto('/send')
  await page.locator('textarea[name=to]').fill('anna@example.com')
  await page.locator('input[name=subject]').fill(lang === 'zh' ? '第一封邮件' : 'The first mail')
  await page.locator('textarea[name=text]').fill(lang === 'zh' ? '您好，Anna！' : 'Hello, Anna')
  await picture('send')
  await page.locator('main form button[type=submit]').click()
  await page.waitForURL(/\/messages\/\w+/)
  await page.locator('.recipient[data-state=delivered]').waitFor({ timeout: 20_000 })
  await page.locator('a[href^="/sandbox/"]').waitFor({ timeout: 20_000 })
  await picture('message')
  await page.locator('main a[href^="/sandbox/"]').click()
  await page.locator('[data-check=dkim] .state-tag').first().waitFor()
  await picture('inbox')
})
await check(`${lang}: samples have the address filled in`, async () => {
  await page.goto('/keys')
  await page.locator('main pre').first().waitFor()
  isTrue((await page.locator('main pre').first().innerText()).includes(`hello@${domain}`), 'the sample lacks the address')
  await picture('keys')
})
await check(`${lang}: the guide opens from a page, and each chapter shows its pictures`, async () => {
  await page.goto('/domains')
  await page.locator('.page-head a[href="/guide/domains"]').click()
  await page.waitForURL('**/guide/domains')
  const chapters = await page.locator('.guide-nav a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
  isTrue(chapters.length >= 6, `${chapters.length} chapters`)
  for (const chapter of chapters) {
    await page.goto(chapter)
    await page.locator('.guide-text > *').first().waitFor()
    const broken = await page.locator('.guide-text img').evaluateAll((all) =>
      Promise.all(all.map((one) => {
        one.loading = 'eager'
        return one.decode().then(() => '', () => one.src)
      })),
    )
    equal(broken.filter(Boolean), [], chapter)
  }
  equal(wrongs, [], 'the list')
})
await browser.close()

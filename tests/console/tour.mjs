// Every page, judged by axe in light and dark, and never wider than the screen: in English on a desk,
// in Chinese on a phone. Where a directory is named, in both languages at both widths and in dark, kept
// as pictures.
//   node tour.mjs URL EMAIL PASSWORD [DIRECTORY]
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { check, equal, isTrue, open, painted, settled } from './browser.mjs'

const [url, email, password, directory] = process.argv.slice(2)
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const source = (await import('node:fs')).readFileSync(axe, 'utf8')
const widths = [[1440, 900], [390, 844]]
if (directory) mkdirSync(directory, { recursive: true })

// Colours that are changing are no colours yet.
const { browser, context, page, wrongs } = await open({ baseURL: url, reducedMotion: 'reduce' })
await page.goto('/login')
const signedOut = [
  ['login', '/login'],
  ['signup', '/signup'],
  ['reset', '/reset'],
  ['confirm', '/confirm'],
]
await look(signedOut)
await page.goto('/login')
await page.fill('input[name=email]', email)
await page.fill('input[name=password]', password)
await page.keyboard.press('Enter')
await page.waitForURL('**/overview')
const api = async (path) => (await context.request.get(`${url}/api/v1/${path}`)).json()
const account = (await api('session')).role === 'operator' ? `&account=${(await api('accounts')).items[0].id}` : ''
const first = async (path, member) => (await api(`${path}?limit=1${account}`)).items[0]?.[member]
const domain = await first('domains', 'domain')
const message = await first('messages', 'id')
const mail = await first('sandbox/inbox', 'id')
await look([
  ['overview', '/overview'],
  ['domains', '/domains'],
  ['domain-add', '/domains?add'],
  ['domain', `/domains/${domain}`],
  ['addresses', '/addresses'],
  ['address-add', '/addresses?add'],
  ['send', '/send'],
  ['messages', '/messages'],
  ['messages-none', '/messages?until=2020-01-01'],
  ['message', `/messages/${message}`],
  ['sandbox', '/sandbox'],
  ['mail', `/sandbox/${mail}`],
  ['keys', '/keys'],
  ['key-add', '/keys?add'],
  ['users', '/users'],
  ['user-invite', '/users?add'],
  ['audit', '/audit'],
  ['me', '/me'],
  ['queue', `/queue?id=${message}`],
  ['guide', '/guide'],
  ['nowhere', '/overview/nowhere'],
])

async function look(pages) {
  for (const [name, path] of pages)
    for (const lang of ['en', 'zh'])
      for (const [width, height] of widths.filter(([w]) => directory || (lang === 'en') === w > 1000))
        await check(`${name} in ${lang} at ${width}: no finding of axe, nothing wider than the screen`, async () => {
          await page.setViewportSize({ width, height })
          await page.goto(`${path}${path.includes('?') ? '&' : '?'}lang=${lang}`)
          await settled(page)
          if (directory) await page.screenshot({ path: join(directory, `${name}-${lang}-${width}.png`), fullPage: !path.includes('add') && name !== 'domain' })
          const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
          isTrue(over <= 0, `${over} px wider than the screen`)
          equal(await page.locator('html').getAttribute('lang'), lang === 'zh' ? 'zh-CN' : 'en', 'lang')
          await page.evaluate(source)
          equal(await judged({ resultTypes: ['violations'] }), [], 'axe')
          // In dark only the colours are others.
          await page.evaluate(() => document.documentElement.setAttribute('theme-mode', 'dark'))
          await painted(page)
          equal(await judged({ runOnly: ['color-contrast'] }), [], 'axe in dark')
        })
}

async function judged(how) {
  const found = await page.evaluate((options) => window.axe.run(document, { iframes: false, ...options }), how)
  const bad = found.violations.filter((v) => ['serious', 'critical', 'moderate'].includes(v.impact))
  return bad.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(', ')}`)
}

if (directory) {
  await page.evaluate(() => localStorage.setItem('posthouse.theme', 'dark'))
  for (const [name, path] of [['overview', '/overview'], ['domain', `/domains/${domain}`], ['send', '/send'], ['message', `/messages/${message}`]])
    await check(`${name} in dark: no finding of axe`, async () => {
      await page.setViewportSize({ width: 1440, height: 900 })
      await page.goto(`${path}?lang=en`)
      await settled(page)
      await page.screenshot({ path: join(directory, `${name}-dark.png`) })
      await page.evaluate(source)
      equal(await judged({}), [], 'axe')
    })
}
await check('on all pages nothing was executed, reported or asked elsewhere', async () => {
  // A mail's own frame runs and fetches nothing, and Chromium says so, naming the frame. What the page
  // itself offends is a "CSP report" of its own. A message that is none is not there.
  const frame = String.raw`\S*/api/v1/sandbox/inbox/[^/\s]+/page(\?\S*)?`
  const told = new RegExp(
    [
      `^console: Blocked script execution in '${frame}'`,
      `^console: .* violates the following Content Security Policy directive:? .* ${frame}$`,
      `^console: Refused to execute the redirect specified via .* ${frame}$`,
      '^console: Failed to load resource: the server responded with a status of 404 ',
    ].join('|'),
    's',
  )
  equal(wrongs.filter((what) => !told.test(what)), [], 'the list')
})
await browser.close()

// Debian's Chromium by playwright-core, with an ear for everything that a page must never do.
import { chromium } from 'playwright-core'

export async function check(sentence, work) {
  try {
    await work()
    console.log(`ok - ${sentence}`)
  } catch (error) {
    const why = String(error?.message ?? error).replace(/\u001b\[\d+m/g, '').split('\n').filter(Boolean).slice(0, 6)
    console.log(`not ok - ${sentence}: ${why.join(' | ').slice(0, 600)}`)
  }
}

export function equal(got, wanted, what = '') {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)]
  if (a !== b) throw new Error(`${what} is ${a}, not ${b}`)
}

export function isTrue(value, what) {
  if (!value) throw new Error(what)
}

export async function open(options = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.POSTHOUSE_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  context.setDefaultTimeout(8000)
  // What no page may do: run what strangers wrote, ask elsewhere, offend its own policy.
  const wrongs = []
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      console.error(`CSP report: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
    )
  })
  await context.exposeBinding('executed', (_source, what) => void wrongs.push(`executed ${what}`))
  const page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error') wrongs.push(`console: ${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', (error) => wrongs.push(`page error: ${error.message}`))
  page.on('dialog', async (dialog) => {
    wrongs.push(`executed a dialog: ${dialog.message()}`)
    await dialog.dismiss()
  })
  const elsewhere = (url) => !url.startsWith(options.baseURL) && !/^(data|blob|about):/.test(url)
  page.on('requestfinished', (request) => {
    if (elsewhere(request.url())) wrongs.push(`asked elsewhere: ${request.url()}`)
  })
  // What the policy has stopped never left the browser.
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? ''
    if (elsewhere(request.url()) && !/csp|blocked/i.test(why)) wrongs.push(`asked elsewhere: ${request.url()} ${why}`)
  })
  return { browser, context, page, wrongs }
}

// All that a page shows is there and on the screen. Pages ask again and again: no end of requests
// would say so.
export async function settled(page) {
  await page.locator('h1, dialog h2').first().waitFor()
  await page.waitForFunction(
    () => !document.querySelector('.t-skeleton') && !document.querySelector('.chart:not(:has(canvas))'),
  )
  await painted(page)
}

// Two frames later what was put in is drawn, and what it does by itself has begun.
export const painted = (frame) =>
  frame.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))

// Polls what has no event; `ask` gives something true when it is there.
export async function until(what, ask, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; ; ) {
    const found = await ask()
    if (found) return found
    if (Date.now() > end) throw new Error(`${what} within ${seconds} s`)
    await new Promise((wake) => setTimeout(wake, 100))
  }
}

// The choice of somebody who is signed in is his only when the server has it.
export async function choose(page, language) {
  const kept = page.waitForResponse((answer) => answer.url().endsWith('/api/v1/language'))
  await page.selectOption('select[name=language]', language)
  await kept
}

// What the first look costs: the script of sign-in and overview as it is sent, and when the page can be
// used. The weight is a bound; the times are figures.
//   node budget.mjs URL EMAIL PASSWORD
import { check, equal, isTrue, open } from './browser.mjs'

const most = 350 * 1024 // octets of script as brotli or gzip, sign-in and overview together
const [url, email, password] = process.argv.slice(2)
const { browser, page, wrongs } = await open({ baseURL: url, locale: 'en-US' })
const kib = (octets) => `${Math.round(octets / 1024)} KiB`
const scripts = () =>
  page.evaluate(() => performance.getEntriesByType('resource').filter((one) => /\.js$/.test(new URL(one.name).pathname)).map((one) => ({ name: new URL(one.name).pathname, octets: one.encodedBodySize, plain: one.decodedBodySize, begin: one.startTime })))
const paint = () => page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0)

let first = []
await check('the sign-in can be used, and its figures', async () => {
  await page.goto('/login')
  await page.locator('input[name=email]').fill(email)
  const usable = await page.evaluate(() => performance.now())
  first = await scripts()
  console.log(`# sign-in: ${first.length} scripts, ${kib(first.reduce((sum, one) => sum + one.octets, 0))} compressed; first paint after ${Math.round(await paint())} ms, typed into after ${Math.round(usable)} ms`)
})
await check('the overview comes with few scripts, and the chart after what can be read', async () => {
  await page.locator('input[name=password]').fill(password)
  const before = await page.evaluate(() => performance.now())
  await page.keyboard.press('Enter')
  await page.waitForURL('**/overview')
  await page.locator('.step').first().waitFor()
  const usable = await page.evaluate(() => performance.now())
  await page.locator('.chart canvas').waitFor()
  const all = await scripts()
  const sum = all.reduce((octets, one) => octets + one.octets, 0)
  const chart = all.reduce((most, one) => (one.plain > most.plain ? one : most))
  console.log(`# overview: steps ${Math.round(usable - before)} ms after the sign-in was sent; ${all.length} scripts and ${kib(sum)} compressed in all, of which the chart ${kib(chart.octets)}`)
  isTrue(all.every((one) => one.octets < one.plain || one.plain < 500), 'a script is sent plain')
  isTrue(!first.some((one) => one.name === chart.name), 'the chart came with the sign-in')
  isTrue(sum <= most, `${kib(sum)} of script`)
})
await check('with everything kept, a page that is opened anew can be used', async () => {
  await page.goto('/overview')
  await page.locator('.step').first().waitFor()
  console.log(`# opened anew: first paint after ${Math.round(await paint())} ms, steps after ${Math.round(await page.evaluate(() => performance.now()))} ms`)
  const begun = (await scripts()).find((one) => /Curve/.test(one.name))
  if (begun) isTrue(begun.begin > (await paint()) || (await paint()) === 0, 'the chart was asked for before the first paint')
  equal(wrongs, [], 'the list')
})
await browser.close()

// A server that nobody can sign in to: the first start by the token in its log.
//   node setup.mjs URL TOKEN
import { check, equal, open } from './browser.mjs'

const [url, token] = process.argv.slice(2)
const { browser, page, wrongs } = await open({ baseURL: url, locale: 'en-US' })
const fill = async (values) => {
  for (const [name, value] of Object.entries(values)) await page.fill(`input[name=${name}]`, value)
  await page.click('button[type=submit]')
}

await check('a server without users shows the first start in place of the sign-in', async () => {
  await page.goto('/')
  await page.getByRole('heading', { level: 1, name: 'First start' }).waitFor()
})
await check('another token than the one in the log is refused at its field', async () => {
  await fill({ token: 'ph_wrong', email: 'boss@house.example', password: 'correct horse battery', account: 'acme' })
  await page.getByText('The setup token is not the one in the log.').waitFor()
  wrongs.splice(0)
})
await check('the right one makes the operator and the account, and signs in', async () => {
  await fill({ token })
  await page.waitForURL('**/overview')
  await page.locator('select[name=account] option').first().waitFor({ state: 'attached' })
  equal(await page.locator('select[name=account] option').allInnerTexts(), ['acme'], 'the accounts')
})
await check('a page of before leads to the sign-in once somebody exists', async () => {
  const other = await browser.newContext({ baseURL: url, locale: 'en-US' })
  const late = await other.newPage()
  await late.route('**/api/v1/session', (route) => (route.request().method() === 'GET' ? route.fulfill({ json: { signed_in: false, setup: true } }) : route.continue()), { times: 1 })
  await late.goto('/login')
  await late.getByRole('heading', { level: 1, name: 'First start' }).waitFor()
  for (const [name, value] of Object.entries({ token, email: 'late@house.example', password: 'correct horse battery', account: 'late' })) await late.fill(`input[name=${name}]`, value)
  await late.click('button[type=submit]')
  await late.getByRole('heading', { level: 1, name: 'First start' }).waitFor({ state: 'detached' })
  await other.close()
})
await check('afterwards there is the sign-in, and the road has no mistake', async () => {
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
  equal(wrongs, [], 'the list')
})
await browser.close()
